import { randomBytes } from "node:crypto";
import type { ConsoleRequest } from "../authorize.ts";
import { createSealedCookie } from "./cookies.ts";

/** The longest lifetime of a cookie that browsers accept. */
const MAX_AGE_SECONDS = 400 * 86_400;

/** Recognizes browsers that have signed in before. A device cookie permits attempts, nothing else. */
export function createDevices(secret: string) {
  const cookie = createSealedCookie<{ readonly id: string }>(
    "keyward-device",
    secret,
    "keyward console device",
  );
  const idOf = async (request: ConsoleRequest) => (await cookie.read(request))?.id;
  return {
    idOf,
    /** A `Set-Cookie` field for a browser that has signed in. */
    async remember(request: ConsoleRequest): Promise<string> {
      const id = (await idOf(request)) ?? randomBytes(16).toString("base64url");
      return cookie.write(request, { id }, MAX_AGE_SECONDS);
    },
  };
}
