import type { Recognize } from "../admission/recognize.ts";
import type { Actor } from "../audit/audit-event.ts";
import type { CreateAuditEvent } from "../audit/events.ts";
import { KeywardError } from "../errors.ts";
import type { EventDispatcher } from "../events.ts";
import type { JsonValue } from "../json.ts";
import { maskKeys } from "../keys/format.ts";
import { checkChoice, checkFields, checkObject, checkText } from "../keys/input.ts";
import type { KeyLifecycle } from "../keys/lifecycle.ts";
import type { ApiKey } from "../keys/record.ts";
import { fingerprintOf } from "../keys/signer.ts";
import { Turns } from "../limits/turns.ts";
import type { AuditStore } from "../store/audit-store.ts";
import type { KeyStore } from "../store/key-store.ts";
import type { LeakAction, LeakOutcome, LeakReport, Leaks } from "./leaks.ts";

const FIELDS: readonly (keyof LeakReport)[] = ["token", "source", "url", "location", "action"];
const ACTIONS: readonly LeakAction[] = ["revoke", "pause"];

/** More of an address is not stored. */
const MAX_URL_LENGTH = 2000;
const EVENTS_PER_PAGE = 500;

export interface LeaksOptions {
  readonly store: KeyStore & AuditStore;
  readonly keys: Pick<KeyLifecycle, "get" | "revoke" | "pause">;
  readonly recognize: Recognize;
  readonly auditEvent: CreateAuditEvent;
  readonly events: EventDispatcher;
}

/** The details of an audit event about a leak. */
type LeakDetails = Readonly<Record<string, JsonValue>>;

export function createLeaks({ store, keys, recognize, auditEvent, events }: LeaksOptions): Leaks {
  /** Reports of one token are handled one after another, so that two copies of one do not both find that it is new. */
  const turns = new Turns();

  async function findKey(digests: readonly string[]): Promise<ApiKey | undefined> {
    for (const digest of digests) {
      const found = await store.findByDigest(digest);
      if (found !== undefined) return keys.get(found.key.id);
    }
    return undefined;
  }

  async function wasReported(keyId: string, details: LeakDetails): Promise<boolean> {
    let before: string | undefined;
    for (;;) {
      const page = await store.listAudit({ keyId }, { before, limit: EVENTS_PER_PAGE });
      const isSame = page.some(
        (event) =>
          event.action === "key.leaked" &&
          event.details["source"] === details["source"] &&
          event.details["url"] === details["url"],
      );
      if (isSame || page.length < EVENTS_PER_PAGE) return isSame;
      before = page.at(-1)?.id;
    }
  }

  async function act(key: ApiKey, action: LeakAction, by: Actor): Promise<ApiKey> {
    if (key.status === "revoked") return key;
    if (action === "revoke") return keys.revoke(key.id, by);
    // A customer could end its own pause, and a pause with an end would end by itself.
    const isPausedForGood = key.pause?.by === "operator" && key.pause.until === undefined;
    return isPausedForGood ? key : keys.pause(key.id, { reason: "The key was found in public." }, by);
  }

  async function handle(report: LeakReport, by: Actor): Promise<LeakOutcome> {
    const { token, source, url, location, action = "revoke" } = report;
    const recognized = recognize(token, fingerprintOf(token));
    const key = recognized && (await findKey(recognized.digests));
    if (key === undefined) return { isGenuine: recognized?.proven ?? false };
    const details: LeakDetails = {
      source,
      action,
      url: url === undefined || url === "" ? null : readableUrl(url, token),
      ...(location !== undefined && { location }),
    };
    const isRepeated = await wasReported(key.id, details);
    if (isRepeated && (action === "pause" || key.status === "revoked")) return { isGenuine: true, key };
    // First, so that a report which was interrupted is completed when it comes again.
    const changed = await act(key, action, by);
    if (!isRepeated) {
      const subject = { keyId: key.id, ownerId: key.ownerId ?? null };
      await store.appendAudit(auditEvent("key.leaked", subject, by, details));
      const found = details["url"] === null ? {} : { url: String(details["url"]) };
      events.emit("key.leaked", { key: changed, source, ...found });
    }
    return { isGenuine: true, key: changed };
  }

  return {
    async report(report, by = { actor: "leak report" }) {
      checkObject(report, "leaks.report", "token and source");
      checkFields(report, FIELDS, "leaks.report");
      checkString(report.token, "token");
      checkString(report.url ?? "", "url");
      checkText(report.source, "source");
      if (report.location !== undefined) checkText(report.location, "location");
      checkChoice(report.action ?? "revoke", "action", ACTIONS);
      return turns.run(fingerprintOf(report.token), () => handle(report, by));
    },
  };
}

/** The value is not repeated in the error: it may be a key. */
function checkString(value: unknown, field: "token" | "url"): void {
  if (typeof value === "string") return;
  throw new KeywardError("invalid-input", `${field} must be text; got ${typeof value}.`, { field });
}

/** An address without keys and invisible characters. */
function readableUrl(url: string, token: string): string {
  const masked = maskKeys(url).replaceAll(token, "…");
  return masked.replaceAll(/[^\x21-\x7e…]/g, "").slice(0, MAX_URL_LENGTH);
}
