import type { Actor, ApiKey, Keyward } from "@keyward/core";
import { KeywardError } from "@keyward/core";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Acting, ConsoleRequest } from "../acting.ts";
import type { ConsoleEnv } from "../app.ts";
import type { Settings } from "../options.ts";
import { isSignIn } from "../sign-in/sign-in.ts";
import { problem } from "./problems.ts";

/** The request as `authorize` is given it. */
export function consoleRequest(context: Context<ConsoleEnv>): ConsoleRequest {
  const { connection, node } = context.env;
  const { headers, method, url } = context.req.raw;
  return { headers, method, url, ...connection, ...(node !== undefined && { node }) };
}

/** Lets on only who may act. */
export function requireActing({ authorize, signInUrl }: Settings) {
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    const acting = await authorize(consoleRequest(context));
    if (acting === undefined) {
      const signIn = isSignIn(authorize) ? "password" : (signInUrl ?? null);
      return problem(context, 401, "sign-in-required", "Nobody is signed in, or no longer.", { signIn });
    }
    context.set("acting", checkActing(acting));
    if (isSignIn(authorize)) {
      const renewed = await authorize.renew(consoleRequest(context));
      if (renewed !== undefined) context.header("set-cookie", renewed);
    }
    return next();
  });
}

/** A slip here would show one customer the keys of all. */
function checkActing(acting: Acting): Acting {
  const { actor, ownerId } = acting;
  const isText = (value: unknown) => typeof value === "string" && value !== "";
  if (!isText(actor) || ("ownerId" in acting && !isText(ownerId))) {
    throw new KeywardError(
      "invalid-option",
      "authorize: wants { actor, ownerId } of text, { actor } for all owners, or undefined for nobody.",
    );
  }
  return acting;
}

/** Who acts, for the audit trail. */
export function actorOf(context: Context<ConsoleEnv>): Actor {
  const { ip } = context.env.connection;
  return { actor: context.var.acting.actor, ...(ip !== "" && { address: ip }) };
}

/** A key that the one who acts may see. What is somebody else's is not there. */
export async function visibleKey(kw: Keyward, acting: Acting, id: string): Promise<ApiKey> {
  const key = await kw.keys.get(id);
  if (key !== undefined && (acting.ownerId === undefined || key.ownerId === acting.ownerId)) return key;
  throw new KeywardError("key-not-found", `There is no key with the id ${JSON.stringify(id)}.`);
}
