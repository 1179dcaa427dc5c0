import { hkdfSync } from "node:crypto";
import { parse, serialize } from "hono/utils/cookie";
import { defaults, seal, unseal } from "iron-webcrypto";
import type { ConsoleRequest } from "../authorize.ts";

/** A cookie that scripts and other sites cannot use. */
export interface SafeCookie {
  read(request: ConsoleRequest): string | undefined;
  /** A `Set-Cookie` field. Without `maxAge` the cookie ends with the browser's session. */
  write(request: ConsoleRequest, value: string, maxAgeSeconds?: number): string;
  /** A `Set-Cookie` field that removes the cookie. */
  remove(request: ConsoleRequest): string;
}

export function createSafeCookie(baseName: string): SafeCookie {
  // Over HTTPS, browsers accept a cookie with this prefix only from this host, and only with safe attributes.
  const nameFor = ({ secure }: ConsoleRequest) => (secure ? `__Host-${baseName}` : baseName);
  const attributes = ({ secure }: ConsoleRequest) =>
    ({ path: "/", httpOnly: true, sameSite: "Strict", secure }) as const;
  return {
    read(request) {
      const name = nameFor(request);
      const value = parse(request.headers.get("cookie") ?? "", name)[name];
      return value === "" ? undefined : value;
    },
    write: (request, value, maxAgeSeconds) =>
      serialize(nameFor(request), value, {
        ...attributes(request),
        ...(maxAgeSeconds !== undefined && { maxAge: maxAgeSeconds }),
      }),
    remove: (request) => serialize(nameFor(request), "", { ...attributes(request), maxAge: 0 }),
  };
}

/** A cookie whose value only this deployment can read or create. */
export interface SealedCookie<T> {
  /** `undefined` without the cookie, and for one that was damaged or sealed elsewhere. */
  read(request: ConsoleRequest): Promise<T | undefined>;
  /** A `Set-Cookie` field. */
  write(request: ConsoleRequest, value: T, maxAgeSeconds: number): Promise<string>;
}

/** @param purpose separates the keys of cookies that are sealed under one secret */
export function createSealedCookie<T>(baseName: string, secret: string, purpose: string): SealedCookie<T> {
  const key = Buffer.from(hkdfSync("sha256", secret, "", purpose, 32)).toString("base64url");
  const cookie = createSafeCookie(baseName);
  return {
    async read(request) {
      const sealed = cookie.read(request);
      if (sealed === undefined) return undefined;
      try {
        return (await unseal(sealed, key, defaults)) as T;
      } catch {
        return undefined;
      }
    },
    write: async (request, value, maxAgeSeconds) =>
      cookie.write(request, await seal(value, key, defaults), maxAgeSeconds),
  };
}
