import type { QuotaName } from "../limits/limits.ts";
import { Pacing, SlotQueue } from "../limits/pacing.ts";
import type { Period } from "../limits/periods.ts";
import { createPace, isSamePace, type Pace, type Rules } from "../limits/rules.ts";
import { EarlierPacing, SubjectState } from "../limits/subject.ts";
import { MINUTE_MS } from "../time.ts";

/** A subject as it is stored. */
export interface StoredSubject {
  readonly state: SubjectState;
  /** Redis's clock when it was written. */
  readonly wallMs: number;
}

/** The form of a slot, as `scripts/includes/slot-form.lua` chooses it: the bytes of its time, and of what it holds. */
function slotForm({ perMs, burst }: Pace): readonly [timeBytes: number, usedBytes: number] {
  if (perMs > MINUTE_MS) return [3, 4];
  return [2, burst > 65_535 ? 4 : 2];
}

/** Reads what `scripts/includes/start.lua` describes. */
class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  integer(bytes: number): number {
    this.#at += bytes;
    return this.#bytes.readUIntLE(this.#at - bytes, bytes);
  }

  double(): number {
    this.#at += 8;
    return this.#bytes.readDoubleLE(this.#at - 8);
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  part(bytes: number): Reader {
    const part = new Reader(this.#bytes.subarray(0, this.#at + bytes), this.#at);
    this.#at += bytes;
    return part;
  }
}

/**
 * Reads a stored subject.
 *
 * @param rules if it has their pace, it gets the same object
 */
export function readStoredSubject(bytes: Buffer, rules: Rules): StoredSubject {
  const reader = new Reader(bytes, 1);
  const level = reader.double();
  const at = reader.double();
  const state = new SubjectState(undefined, at);
  state.level = level;
  state.windowUsed = reader.double();
  state.newestUsed = reader.double();
  state.pace = readPace(reader, rules.pace);
  reader.double();
  state.day = readPeriod(reader, "daily");
  state.dayUsed = reader.double();
  const flags = reader.integer(1);
  reader.skip(reader.integer(1));
  const hasTimes = flags % 2 === 1;
  const wallMs = hasTimes ? reader.double() : at;
  state.newestAt = hasTimes ? reader.double() : at;
  if (hasTimes) reader.double();
  if (flags >= 4) readExtras(reader, state, rules.pace);
  if (state.pace !== undefined) state.older = readSlots(reader, state, state.pace);
  return { state, wallMs };
}

function readPace(reader: Reader, knownPace: Pace | undefined): Pace | undefined {
  const numbers = { rate: reader.double(), perMs: reader.double(), burst: reader.double() };
  if (numbers.rate === 0) return undefined;
  const pace = createPace(numbers);
  return knownPace !== undefined && isSamePace(pace, knownPace) ? knownPace : pace;
}

function readPeriod(reader: Reader, quota: QuotaName): Period {
  return { quota, startMs: reader.double(), endMs: reader.double() };
}

function readExtras(reader: Reader, state: SubjectState, knownPace: Pace | undefined): void {
  state.hour = readPeriod(reader, "hourly");
  state.hourUsed = reader.double();
  reader.double();
  state.week = readPeriod(reader, "weekly");
  state.weekUsed = reader.double();
  reader.double();
  state.month = readPeriod(reader, "monthly");
  state.monthUsed = reader.double();
  reader.double();
  const paces = reader.part(reader.integer(4));
  const earlier: EarlierPacing[] = [];
  while (!paces.isAtEnd) earlier.push(readEarlierPace(paces, knownPace));
  if (earlier.length > 0) state.earlierPaces = earlier;
}

function readEarlierPace(reader: Reader, knownPace: Pace | undefined): EarlierPacing {
  const pacing = new Pacing(undefined, 0);
  pacing.level = reader.double();
  pacing.levelAt = reader.double();
  pacing.windowUsed = reader.double();
  pacing.newestAt = reader.double();
  pacing.newestUsed = reader.double();
  const pace = readPace(reader, knownPace) as Pace;
  const closesAt = reader.double();
  pacing.older = readSlots(reader.part(reader.integer(4)), pacing, pace);
  return new EarlierPacing(pacing, pace, pacing.levelAt, closesAt);
}

function readSlots(reader: Reader, { newestAt }: Pacing, pace: Pace): SlotQueue | undefined {
  if (reader.isAtEnd) return undefined;
  const [timeBytes, usedBytes] = slotForm(pace);
  const span = 256 ** timeBytes;
  const older = new SlotQueue();
  while (!reader.isAtEnd) {
    const before = (newestAt - reader.integer(timeBytes)) % span;
    older.pairs.push(newestAt - (before < 0 ? before + span : before), reader.integer(usedBytes));
  }
  return older;
}
