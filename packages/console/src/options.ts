import { KeywardError, type Keyward } from "@keyward/core";
import type { Authorize } from "./acting.ts";

/** What `createConsole` takes. Only `authorize` is needed. */
export interface ConsoleOptions {
  /** Says who is acting and for which owner. {@link passwordSignIn} makes one for those who have nothing yet. */
  readonly authorize: Authorize;
  /** The path that the console answers under; `/admin` if left out. */
  readonly basePath?: string;
  /** Where the page sends who is not signed in, if the sign-in is not the console's own. */
  readonly signInUrl?: string;
  /** Refuse plain HTTP; `true` if left out. `{ allowLoopback: true }` is for local work. */
  readonly requireHttps?: boolean | { readonly allowLoopback: boolean };
}

/** Options, checked and completed. */
export interface Settings {
  readonly kw: Keyward;
  readonly authorize: Authorize;
  readonly basePath: string;
  readonly signInUrl: string | undefined;
  readonly requireHttps: "always" | "not-on-loopback" | "never";
}

/**
 * Checks options where they enter.
 *
 * @throws KeywardError `invalid-option` that names the option, what it got and what it wants.
 */
export function resolveOptions(kw: Keyward, options: ConsoleOptions): Settings {
  if (typeof kw?.keys?.create !== "function") fail("createConsole", shown(kw), "what createKeyward gives");
  const { authorize, basePath = "/admin", signInUrl, requireHttps = true } = options ?? {};
  if (typeof authorize !== "function") {
    fail(
      "authorize",
      shown(authorize),
      "a function that says who is acting. Without one the console would be open to all",
    );
  }
  if (typeof basePath !== "string" || !/^(?:\/[\w.~-]+)+$/.test(basePath)) {
    fail("basePath", shown(basePath), "a path such as /admin, without a slash at its end");
  }
  if (signInUrl !== undefined && !/^(?:https:\/\/|\/(?!\/))/.test(String(signInUrl))) {
    fail("signInUrl", shown(signInUrl), "a path, or an https address");
  }
  return { kw, authorize, basePath, signInUrl, requireHttps: checkHttps(requireHttps) };
}

function checkHttps(value: unknown): Settings["requireHttps"] {
  if (value === true) return "always";
  if (value === false) return "never";
  if (typeof value === "object" && value !== null && "allowLoopback" in value) {
    return value.allowLoopback === true ? "not-on-loopback" : "always";
  }
  return fail("requireHttps", shown(value), "true, false or { allowLoopback: true }");
}

/** Throws that an option is wrong. `got` says what it is in words: it may be what must not be repeated. */
export function fail(option: string, got: string, wants: string): never {
  throw new KeywardError("invalid-option", `${option}: got ${got}, wants ${wants}.`);
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
