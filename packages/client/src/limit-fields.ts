import { MAX_DATE_MS } from "./retry-after.ts";
import { parseDictionary, parseList, type BareItem, type Item } from "./structured-fields.ts";

/** A limit, as the server last reported it. Values that the server left out are `undefined`. */
export interface LimitState {
  /** The policy's name; empty if the server does not name it. */
  readonly name: string;
  /** The partition key (base64) of the counter, if the policy counts in several. */
  readonly partition: string | undefined;
  /** The unit that is counted: `requests`, `content-bytes`, `concurrent-requests`, or a custom one. */
  readonly unit: string;
  /** Units per window. */
  readonly quota: number | undefined;
  readonly windowMs: number | undefined;
  /** Units that are left. */
  readonly remaining: number | undefined;
  /** The time at which more units become available. */
  readonly resetAt: Date | undefined;
}

/**
 * Reads the limits of a response: `RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers from its
 * eighth version on (lists of named policies), as in the seventh (`limit=100, remaining=3, reset=20`), or as in the sixth
 * (a field for each value). Invalid fields and parameters are ignored, and so is a response from a cache, whose limits are
 * out of date.
 */
export function readLimits(headers: Pick<Headers, "get">, now: number): LimitState[] {
  const field = (name: string) => headers.get(name) ?? "";
  if (/[1-9]/.test(field("age"))) return [];
  const policies = (parseList(field("ratelimit-policy")) ?? []).flatMap(toPolicy);
  const remainders = (parseList(field("ratelimit")) ?? []).flatMap((item) => toRemainder(item, now));
  if (remainders.length === 0) {
    const older = parseDictionary(field("ratelimit"));
    const [quota, remaining, reset] = ["limit", "remaining", "reset"].map((name) => {
      const item = older?.find(({ key }) => key === name) ?? parseList(field(`ratelimit-${name}`))?.[0];
      return wholeNumber(item?.value);
    });
    if (remaining === undefined) return policies;
    const policy = policies.find((each) => each.quota === quota) ?? policies[0] ?? UNKNOWN;
    return [{ ...policy, quota: quota ?? policy.quota, remaining, resetAt: dateIn(reset, now) }];
  }
  const limits = remainders.map((remainder) => ({ policy: policyOf(remainder, policies), remainder }));
  return [
    ...limits.map(({ policy, remainder }) => ({ ...UNKNOWN, ...policy, ...remainder })),
    ...policies.filter((each) => limits.every(({ policy }) => policy !== each)),
  ];
}

const UNKNOWN: LimitState = {
  name: "",
  partition: undefined,
  unit: "requests",
  quota: undefined,
  windowMs: undefined,
  remaining: undefined,
  resetAt: undefined,
};

function toPolicy({ value, parameters }: Item): LimitState[] {
  // Before the eighth version, policies had a quota in place of a name.
  const quota = wholeNumber(typeof value === "number" ? value : parameters.get("q"));
  const windowSeconds = wholeNumber(parameters.get("w"));
  const unit = parameters.has("qu") ? parameters.get("qu") : UNKNOWN.unit;
  if (quota === undefined || typeof unit !== "string" || value === null || typeof value === "object")
    return [];
  const name = typeof value === "string" ? value : "";
  const windowMs = windowSeconds ? windowSeconds * 1000 : undefined;
  return [{ ...UNKNOWN, name, partition: partitionOf(parameters), unit, quota, windowMs }];
}

function toRemainder({ value: name, parameters }: Item, now: number) {
  const remaining = wholeNumber(parameters.get("r"));
  if (typeof name !== "string" || remaining === undefined) return [];
  const resetAt = dateIn(wholeNumber(parameters.get("t")), now);
  return [{ name, partition: partitionOf(parameters), remaining, resetAt }];
}

/** The policy of the same name and partition. Servers may name the partition in one of the two fields only. */
function policyOf(
  { name, partition }: Pick<LimitState, "name" | "partition">,
  policies: readonly LimitState[],
): LimitState | undefined {
  const named = policies.filter((policy) => policy.name === name);
  return (
    named.find((policy) => policy.partition === partition) ??
    named.find((policy) => policy.partition === undefined || partition === undefined)
  );
}

function partitionOf(parameters: Item["parameters"]): string | undefined {
  const key = parameters.get("pk");
  return typeof key === "object" ? key?.base64 : undefined;
}

function wholeNumber(value: BareItem | undefined): number | undefined {
  return typeof value === "number" && value >= 0 ? value : undefined;
}

function dateIn(seconds: number | undefined, now: number): Date | undefined {
  return seconds === undefined ? undefined : new Date(Math.min(now + seconds * 1000, MAX_DATE_MS));
}
