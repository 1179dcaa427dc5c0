import { KeywardError } from "../errors.ts";
import { checkFields, checkObject } from "../keys/input.ts";
import type { AuditStore } from "../store/audit-store.ts";
import {
  headOf,
  type AuditChain,
  type AuditCheckpoint,
  type AuditHead,
  type LinkedAuditEvent,
} from "./chain.ts";

/** Something that was done to the audit log without Keyward. */
export interface AuditProblem {
  readonly kind: "edited" | "removed" | "inserted";
  /** The place in the chain, where it is known. */
  readonly sequence?: number;
  readonly eventId?: string;
  readonly message: string;
}

/** The outcome of a verification. */
export interface AuditVerification {
  /** True if no event was edited, removed or inserted. */
  readonly ok: boolean;
  /** The number of events that were verified. */
  readonly events: number;
  /** The end of the chain; absent in an empty log. Save it, and pass it as `since` later. */
  readonly head?: AuditHead;
  /** The place up to which retention deleted events. */
  readonly checkpoint?: AuditHead;
  /** At most 100. */
  readonly problems: readonly AuditProblem[];
}

/** Options of a verification. */
export interface VerifyAuditOptions {
  /**
   * The head of an earlier verification. Proves that no event up to it was changed since, that the log was not truncated, and that it was not rewritten with the secret.
   */
  readonly since?: AuditHead | undefined;
}

/** Events that are read and verified together. Requests wait for a few milliseconds at most. */
const PAGE = 500;

const MAX_PROBLEMS = 100;

/** A page of the chain, and what is wrong with it. */
export interface VerifiedPage {
  readonly linked: readonly LinkedAuditEvent[];
  readonly problems: readonly AuditProblem[];
}

/** The newest checkpoint that a process with the secret made, and a problem for each other. */
export async function readCheckpoint(
  store: AuditStore,
  chain: AuditChain,
): Promise<{ checkpoint: AuditCheckpoint | undefined; problems: readonly AuditProblem[] }> {
  const checkpoints = await store.readAuditCheckpoints();
  const isGenuine = checkpoints.map((checkpoint) => chain.isCheckpoint(checkpoint));
  return {
    checkpoint: checkpoints.findLast((_, index) => isGenuine[index] === true),
    problems: checkpoints
      .filter((_, index) => isGenuine[index] === false)
      .map(({ sequence }) => ({
        kind: "inserted",
        sequence,
        message: `The checkpoint at ${sequence} was not made under this secret.`,
      })),
  };
}

/** Reads the chain from its beginning, and verifies each event against the one before. */
export async function* verifiedPages(
  store: AuditStore,
  chain: AuditChain,
  checkpoint: AuditHead | undefined,
): AsyncGenerator<VerifiedPage> {
  let previous = checkpoint;
  for (let after = 0; ;) {
    const linked = await store.readAuditChain(after, PAGE);
    const problems: AuditProblem[] = [];
    for (const each of linked) {
      after = each.link.sequence;
      if (checkpoint !== undefined && after <= checkpoint.sequence) {
        // Retention has not deleted it yet. The checkpoint is where the chain begins.
        if (!chain.isGenuine(each.event)) problems.push(edited(each));
        continue;
      }
      problems.push(...problemsOf(chain, previous, each));
      previous = each.link;
    }
    yield { linked, problems };
    if (linked.length < PAGE) return;
  }
}

function edited({ event, link: { sequence } }: LinkedAuditEvent): AuditProblem {
  return {
    kind: "edited",
    sequence,
    eventId: event.id,
    message: `Event ${event.id} at ${sequence} was edited, or was not written under this secret.`,
  };
}

function problemsOf(
  chain: AuditChain,
  previous: AuditHead | undefined,
  linked: LinkedAuditEvent,
): readonly AuditProblem[] {
  const { event, link } = linked;
  const wanted = (previous?.sequence ?? 0) + 1;
  const problems: AuditProblem[] = [];
  if (link.sequence > wanted) {
    const last = link.sequence - 1;
    const which = last === wanted ? `The event at ${last} was` : `The events from ${wanted} to ${last} were`;
    problems.push({ kind: "removed", sequence: wanted, message: `${which} removed.` });
  }
  if (!chain.isGenuine(event)) problems.push(edited(linked));
  else if (link.sequence === wanted && !chain.isLinked(previous, linked)) {
    problems.push({
      kind: "edited",
      sequence: link.sequence,
      eventId: event.id,
      message: `Event ${event.id} was not at ${link.sequence} when it was written.`,
    });
  }
  return problems;
}

/** Gives events that have no place in the chain their places, and reports those that cannot have one. */
export async function linkPending(store: AuditStore, chain: AuditChain): Promise<readonly AuditProblem[]> {
  if ((await store.readUnlinkedAudit(1)).length === 0) return [];
  while ((await store.linkAudit()) > 0);
  const left = await store.readUnlinkedAudit(MAX_PROBLEMS);
  return left
    .filter((event) => !chain.isGenuine(event))
    .map(({ id }) => ({
      kind: "inserted",
      eventId: id,
      message: `Event ${id} was inserted: it was not written under this secret.`,
    }));
}

/**
 * Verifies the whole audit log.
 *
 * @throws KeywardError `invalid-input` if `since` is not a head, or is before the last checkpoint
 */
export async function verifyAudit(
  store: AuditStore,
  chain: AuditChain,
  options: VerifyAuditOptions = {},
): Promise<AuditVerification> {
  checkObject(options, "audit.verify", "a head, or be left out");
  checkFields(options, ["since"], "audit.verify");
  const since = options.since === undefined ? undefined : checkHead(options.since);
  for (;;) {
    const { checkpoint, problems: badCheckpoints } = await readCheckpoint(store, chain);
    const problems = [...badCheckpoints, ...(await linkPending(store, chain))];
    const anchor = new Anchor(since, checkpoint);
    let events = 0;
    let head: AuditHead | undefined = checkpoint;
    for await (const page of verifiedPages(store, chain, checkpoint)) {
      events += page.linked.length;
      head = page.linked.at(-1)?.link ?? head;
      anchor.look(page.linked);
      problems.push(...page.problems);
    }
    problems.push(...anchor.problems(head));
    // Events that retention deleted in the meantime would look as if they were removed.
    const { checkpoint: latest } = await readCheckpoint(store, chain);
    if (problems.length > 0 && latest?.sequence !== checkpoint?.sequence) continue;
    return {
      ok: problems.length === 0,
      events,
      ...(head !== undefined && { head: headOf(head) }),
      ...(checkpoint !== undefined && { checkpoint: headOf(checkpoint) }),
      problems: problems.slice(0, MAX_PROBLEMS),
    };
  }
}

function checkHead(value: unknown): AuditHead {
  const { sequence, mac } = (value ?? {}) as { readonly sequence?: unknown; readonly mac?: unknown };
  if (Number.isSafeInteger(sequence) && (sequence as number) > 0 && typeof mac === "string")
    return { sequence: sequence as number, mac };
  throw new KeywardError("invalid-input", "since must be the head of an earlier verification.", {
    field: "since",
  });
}

/** Compares the chain with a head that was saved. */
class Anchor {
  readonly #since: AuditHead | undefined;
  #found: AuditHead | undefined;

  constructor(since: AuditHead | undefined, checkpoint: AuditHead | undefined) {
    this.#since = since;
    if (since === undefined || checkpoint === undefined) return;
    if (since.sequence < checkpoint.sequence) {
      throw new KeywardError(
        "invalid-input",
        `since must be a head from ${checkpoint.sequence} on, where retention deleted the events before; got ${since.sequence}.`,
        { field: "since" },
      );
    }
    if (since.sequence === checkpoint.sequence) this.#found = checkpoint;
  }

  look(page: readonly LinkedAuditEvent[]): void {
    this.#found ??= page.find(({ link }) => link.sequence === this.#since?.sequence)?.link;
  }

  problems(head: AuditHead | undefined): readonly AuditProblem[] {
    if (this.#since === undefined || this.#found?.mac === this.#since.mac) return [];
    const { sequence } = this.#since;
    if (this.#found !== undefined) {
      return [
        {
          kind: "edited",
          sequence,
          message: `The log up to ${sequence} is not the one whose head was saved: it was rewritten.`,
        },
      ];
    }
    const end = head?.sequence ?? 0;
    return end < sequence
      ? [
          {
            kind: "removed",
            sequence: end + 1,
            message: `The events from ${end + 1} to ${sequence} were removed.`,
          },
        ]
      : [];
  }
}
