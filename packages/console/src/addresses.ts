/** Checks of addresses in options. Browsers read a backslash in an address as a slash, and skip white space and control characters. */
const UNSAFE = /[\s\\\p{Cc}"'<>`]/u;

/** True for a path on this server, or an https address without credentials. */
export function isPathOrHttps(value: unknown): value is string {
  if (typeof value !== "string" || UNSAFE.test(value)) return false;
  if (/^\/(?!\/)/.test(value)) return true;
  if (!value.startsWith("https://") || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === "" && password === "";
}

export function isOrigin(value: unknown): value is string {
  return (
    typeof value === "string" &&
    /^https?:/.test(value) &&
    URL.canParse(value) &&
    new URL(value).origin === value
  );
}

/** An origin whose pages cannot have been changed on the way to the browser: over HTTPS, or on this machine. */
export function isSecureOrigin(value: unknown): value is string {
  return (
    isOrigin(value) && /^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$)/.test(value)
  );
}
