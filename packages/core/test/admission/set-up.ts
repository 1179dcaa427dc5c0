import {
  createKeyward,
  type AdmissionRequest,
  type Admitted,
  type CreateKeyInput,
  type Decision,
  type Keyward,
  type KeywardOptions,
} from "@keyward/core";

interface TestRequest extends Partial<AdmissionRequest> {
  readonly key?: string | undefined;
}

/** Decides about a request over HTTPS, with a key in its header or without. */
export function ask(kw: Keyward, { key, ...more }: TestRequest): Promise<Decision> | Decision {
  return kw.admit({
    header: (name) => (name === "x-api-key" ? key : undefined),
    secure: true,
    ip: "203.0.113.1",
    ...more,
  });
}

/** Creates a Keyward and a key. */
export async function withKey(options: KeywardOptions = {}) {
  const kw = createKeyward(options);
  const { key, secret } = await kw.keys.create({ name: "a" });
  return { kw, key, raw: secret.reveal() };
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** 1 May 2026 is a Friday. */
export const NOON = Date.UTC(2026, 4, 1, 12);

/** A Keyward whose clock stands still until it is advanced. */
export function withClock(options: KeywardOptions = {}) {
  let now = NOON;
  const kw: Keyward = createKeyward({ clock: () => now, ...options });
  return {
    kw,
    now: () => now,
    advance: (ms: number) => void (now += ms),
    /** Creates a key, and returns a function that sends requests with it. */
    async key(input: Partial<CreateKeyInput> = {}) {
      const { key, secret } = await kw.keys.create({ name: "a", ...input });
      const raw = secret.reveal();
      return { key, raw, ask: (more: TestRequest = {}) => ask(kw, { key: raw, ...more }) };
    },
  };
}

/** The problem code of a refusal, or `admitted`. */
export function codeOf(decision: Decision): string {
  return decision.admitted ? "admitted" : decision.problem.code;
}

/** The policies that refused a request. */
export function violatedOf(decision: Decision): readonly string[] {
  return decision.admitted ? [] : (decision.problem["violated-policies"] ?? []);
}

/** The decision, which must be an admission. */
export function admitted(decision: Decision): Admitted {
  if (decision.admitted) return decision;
  throw new Error(`The request was refused with ${decision.problem.code}: ${decision.problem.detail}`);
}
