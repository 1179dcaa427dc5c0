import { KeywardError, type Keyward } from "@keyward/core";
import {
  checkHttps,
  checkOptionNames,
  rejectOption,
  rejectSetting,
  type HttpsPolicy,
} from "@keyward/core/adapter";
import { checkBrand, type Brand, type BrandOptions } from "./brand.ts";
import { isOrigin, isPathOrHttps, isSecureOrigin } from "./addresses.ts";
import type { Authorize } from "./authorize.ts";
import { faultOfMessages, isLocale, type ConsoleMessages } from "./messages.ts";
import { RecentRefusals } from "./recent-refusals.ts";

/** Options of `createConsole`. Only `authorize` is required. */
export interface ConsoleOptions {
  /** Returns the principal of a request. {@link passwordSignIn} creates one where there is no sign-in yet. */
  readonly authorize: Authorize;
  /** Path that the console is mounted at. Default: `/admin`. */
  readonly basePath?: string | undefined;
  /** URL to which the page sends visitors who are not signed in. Not needed with the console's own sign-in. */
  readonly signInUrl?: string | undefined;
  /** URL of the page's link "Sign out". Not needed with the console's own sign-in. Default: no link. */
  readonly signOutUrl?: string | undefined;
  /** Refuse plain HTTP. Default: `true`. `{ allowLoopback: true }` is for local work. */
  readonly requireHttps?: boolean | { readonly allowLoopback: boolean } | undefined;
  /**
   * The origin of the page as browsers know it, such as `https://admin.example.com`. It is required only behind a proxy that changes
   * the `Host` header, for browsers that send no `Sec-Fetch-Site`. By default the host of the request, by the framework's trust settings.
   */
  readonly origin?: string | undefined;
  /** The name, logo, home link and colour of your application. Default: those of Keyward's console. */
  readonly brand?: BrandOptions | undefined;
  /** Texts of your application in place of the console's. The page's other texts are English. */
  readonly messages?: ConsoleMessages | undefined;
  /** The language tag that dates and numbers are written in, such as `en-GB`. Default: `en`. */
  readonly locale?: string | undefined;
  /**
   * Origins of pages that may show the console in a frame, such as `https://app.example.com`. Default: none, because a page of someone
   * else could make a person click on a hidden console.
   */
  readonly frameAncestors?: readonly string[] | undefined;
  /** The address of your API, which the examples for a new key request. Default: `https://api.example.com/`. */
  readonly apiUrl?: string | undefined;
}

/** Options, checked and completed. */
export interface ConsoleSettings {
  readonly kw: Keyward;
  readonly authorize: Authorize;
  readonly basePath: string;
  readonly signInUrl: string | undefined;
  readonly signOutUrl: string | undefined;
  readonly requireHttps: HttpsPolicy;
  readonly origin: string | undefined;
  readonly brand: Brand | undefined;
  readonly messages: ConsoleMessages;
  readonly locale: string;
  readonly frameAncestors: readonly string[];
  readonly apiUrl: string | undefined;
  readonly refusals: RecentRefusals;
}

const OPTIONS: readonly (keyof ConsoleOptions)[] = [
  "authorize",
  "basePath",
  "signInUrl",
  "signOutUrl",
  "requireHttps",
  "origin",
  "brand",
  "messages",
  "locale",
  "frameAncestors",
  "apiUrl",
];

/**
 * Checks options where they enter.
 *
 * @throws KeywardError `invalid-option` that names the option, and what it must be
 */
export function resolveOptions(kw: Keyward, options: ConsoleOptions): ConsoleSettings {
  if (typeof kw?.keys?.create !== "function") {
    rejectOption("the first argument of createConsole", kw, "the result of createKeyward()");
  }
  checkOptionNames("createConsole", options, OPTIONS);
  const {
    authorize,
    basePath = "/admin",
    signInUrl,
    signOutUrl,
    requireHttps,
    origin,
    brand,
    messages = {},
    locale = "en",
    frameAncestors = [],
    apiUrl,
  } = options;
  if (typeof authorize !== "function") {
    rejectOption(
      "authorize",
      authorize,
      "a function that returns the principal of a request, because otherwise the console is open to all",
    );
  }
  if (typeof basePath !== "string" || !/^(?:\/[\w.~-]+)+$/.test(basePath)) {
    rejectSetting("basePath", basePath, "a path such as /admin, without a slash at its end");
  }
  checkAddress("signInUrl", signInUrl);
  checkAddress("signOutUrl", signOutUrl);
  if (origin !== undefined && !isOrigin(origin)) {
    rejectOption("origin", origin, "an origin such as https://admin.example.com, without a path");
  }
  if (apiUrl !== undefined && !isWebAddress(apiUrl)) {
    rejectOption("apiUrl", apiUrl, "an http or https address such as https://api.example.com/v1");
  }
  const fault = faultOfMessages(messages);
  if (fault !== undefined) throw new KeywardError("invalid-option", fault);
  if (!isLocale(locale)) rejectSetting("locale", locale, "a language tag such as en-GB");
  checkFrameAncestors(frameAncestors);
  return {
    kw,
    authorize,
    basePath,
    signInUrl,
    signOutUrl,
    requireHttps: checkHttps(requireHttps),
    origin,
    brand: brand === undefined ? undefined : checkBrand(brand),
    messages,
    locale,
    frameAncestors,
    apiUrl,
    refusals: new RecentRefusals(kw),
  };
}

function checkAddress(option: string, value: unknown): void {
  if (value === undefined || isPathOrHttps(value)) return;
  rejectOption(option, value, "a path or an https address");
}

function checkFrameAncestors(value: unknown): void {
  const origins = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const wrong = origins.findIndex((origin) => !isSecureOrigin(origin));
  if (Array.isArray(value) && wrong === -1) return;
  rejectSetting(
    "frameAncestors",
    origins[wrong] ?? value,
    "a list of origins over HTTPS such as https://app.example.com",
  );
}

/** Without characters that have a meaning in a shell or in quotes. */
function isWebAddress(value: unknown): boolean {
  return typeof value === "string" && /^https?:\/\/[\w.~:@/[\]%+,;=-]+$/.test(value) && URL.canParse(value);
}
