import { KeywardError } from "../errors.ts";
import { checkFields, checkObject } from "../keys/input.ts";
import type { AuditStore } from "../store/audit-store.ts";
import { toAuditEvent } from "./public-event.ts";
import type { AuditChain, LinkedAuditEvent } from "./chain.ts";
import { linkPending } from "./verify.ts";

/** Filter of audit events to export. Default: all. */
export interface ExportAuditOptions {
  /** Only events after this place in the chain: the `sequence` of the last line of the export before. */
  readonly after?: number | undefined;
}

const PAGE = 500;

/** The audit log as JSON Lines, the oldest event first. */
export async function* exportAudit(
  store: AuditStore,
  chain: AuditChain,
  options: ExportAuditOptions,
): AsyncGenerator<string> {
  checkObject(options, "audit.export", "options, or be left out");
  checkFields(options, ["after"], "audit.export");
  const { after = 0 } = options;
  if (!Number.isSafeInteger(after) || after < 0) {
    throw new KeywardError("invalid-input", `after must be a whole number from 0; got ${String(after)}.`, {
      field: "after",
    });
  }
  await linkPending(store, chain);
  for (let last = after; ;) {
    const page = await store.readAuditChain(last, PAGE);
    for (const linked of page) yield toLine(linked);
    if (page.length < PAGE) return;
    last = page.at(-1)?.link.sequence ?? last;
  }
}

/** `sequence` and `mac` are the head of the log up to this event. */
function toLine({ event, link: { sequence, mac } }: LinkedAuditEvent): string {
  return `${JSON.stringify({ sequence, ...toAuditEvent(event), eventMac: event.mac, mac })}\n`;
}
