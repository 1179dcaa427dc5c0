import { KeywardError } from "@keyward/core";

/**
 * Returns the kind of store that a setting names.
 *
 * @throws KeywardError `invalid-option` for a setting of no kind
 */
export function storeKindOf(url: unknown): "sqlite" | "postgres" | "memory" {
  const text = typeof url === "string" ? url : "";
  if (text === "memory:") return "memory";
  if (text.startsWith("sqlite:")) return "sqlite";
  if (/^postgres(ql)?:/.test(text)) return "postgres";
  // Only the scheme is repeated: the rest may contain a password.
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  throw new KeywardError(
    "invalid-option",
    `The key store must be sqlite:<path>, postgres://user:password@host/database or memory:${scheme === undefined ? "" : `; got ${scheme}…`}.`,
  );
}

/** The path in a setting `sqlite:<path>`. */
export function pathOf(url: string): string {
  return url.slice("sqlite:".length);
}
