import { isText } from "@keyward/core/adapter";

/** Texts of your application in place of the console's. Each is plain text of at most 200 characters. */
export interface ConsoleMessages {
  /** The name of the list of keys, in the navigation and in titles. Default: `API keys`. */
  readonly apiKeys?: string | undefined;
  /** A sentence above the list of keys, such as where the documentation is. Default: none. */
  readonly introduction?: string | undefined;
  /** The text of the list while there are no keys. */
  readonly noKeys?: string | undefined;
}

const NAMES: readonly (keyof ConsoleMessages)[] = ["apiKeys", "introduction", "noKeys"];

/** Returns the first fault of messages; `undefined` if there is none. */
export function faultOfMessages(messages: unknown): string | undefined {
  if (typeof messages !== "object" || messages === null) return "messages must be an object of texts.";
  for (const [name, value] of Object.entries(messages)) {
    if (!NAMES.includes(name as keyof ConsoleMessages)) {
      return `messages has no text ${JSON.stringify(name)}; its texts are ${NAMES.join(", ")}.`;
    }
    if (value !== undefined && !isText(value)) {
      return `messages.${name} must be visible text of 1 to 200 characters.`;
    }
  }
  return undefined;
}

/** True for a language tag that dates and numbers can be written in. */
export function isLocale(value: unknown): value is string {
  try {
    return typeof value === "string" && Intl.DateTimeFormat.supportedLocalesOf(value).length === 1;
  } catch {
    return false;
  }
}
