import { KeywardError, type KeywardErrorCode } from "@keyward/core";

/** SQLSTATEs (PostgreSQL's manual, appendix A), or their classes, that matter to the operator of the store. */
const MEANINGS: readonly (readonly [RegExp, KeywardErrorCode, string])[] = [
  [/^23/, "key-conflict", "refused the change"],
  [/^25006/, "store-read-only", "cannot be written: it is read-only, as a standby is"],
  [/^28/, "store-unavailable", "refused the sign-in"],
  [/^3D000/, "store-unavailable", "is not there: create the database first"],
  [/^42501/, "store-read-only", "refused for want of a privilege"],
  [/^42P01/, "store-unavailable", "lacks a table of Keyward's"],
  [/^53100/, "store-full", "could not be written: the disk is full"],
  [/^53300/, "store-unavailable", "has no connection left"],
  [/^57014/, "store-unavailable", "took too long and was cancelled"],
  [/^XX00[12]/, "store-corrupt", "is damaged. Restore it from a backup"],
];

/** SQLSTATEs of a transaction that the database undid, to be done again: serialization failure and deadlock. */
const UNDONE = /^40(001|P01)$/;

/** SQLSTATEs of a connection that ended while it was in use: connection exceptions, a server that shuts down or crashed. */
const CUT = /^(08|57P0[12])/;

/** Driver errors from before a connection was established: nothing was sent, and an immediate retry is pointless. */
const NOT_CONNECTED =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|timeout exceeded when trying|timeout expired|connection timeout/;

const TIMED_OUT = /^Query read timeout/;

/** SQLSTATEs with which poolers refuse a parameter of the connection: protocol violation, feature not supported. */
const REFUSED_PARAMETER = /^(08P01|0A000)$/;

/** True if a pooler refused the connection because of a parameter that servers accept. */
export function isStartupRefusal(error: unknown): boolean {
  return REFUSED_PARAMETER.test(stateOf(error) ?? "");
}

/** True if the server said it, over a connection that is still good. */
export function isOfServer(error: unknown): boolean {
  const state = stateOf(error);
  return state !== undefined && !CUT.test(state);
}

/** True if the connection ended before the server had said what became of the statement. */
export function isCut(error: unknown): boolean {
  if (error instanceof KeywardError) return false;
  const state = stateOf(error);
  return state === undefined
    ? !NOT_CONNECTED.test(textOf(error)) && !TIMED_OUT.test(messageOf(error))
    : CUT.test(state);
}

/** True if a transaction, or a look, that failed so did nothing and may succeed if it is done again at once. */
export function isTransient(error: unknown): boolean {
  return UNDONE.test(stateOf(error) ?? "") || isCut(error);
}

/** Says what happened in terms of the store. Errors of Keyward are returned unchanged. */
export function explain(error: unknown, where: string): KeywardError {
  if (error instanceof KeywardError) return error;
  const state = stateOf(error);
  const found = MEANINGS.find(([pattern]) => state !== undefined && pattern.test(state));
  const [, code, meaning] = found ?? [/./, "store-unavailable", "did not respond"];
  return new KeywardError(code, `The key store ${where} ${meaning}: ${messageOf(error)}.`, {
    cause: error,
  });
}

/** The five characters that PostgreSQL sends with an error; `undefined` for one of the driver's or the network's. */
function stateOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && "severity" in (error as object)
    ? code
    : undefined;
}

function textOf(error: unknown): string {
  return `${String((error as { code?: unknown } | null)?.code)} ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  // A host with several addresses fails with one error for each.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
