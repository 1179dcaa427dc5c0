import assert from "node:assert/strict";
import type { Limiter, Limits } from "@keyward/core";
import type { LimitResult } from "@keyward/core/limiter";

/** Consumes `times` times, and returns the number of admitted requests. */
export async function hammer(
  limiter: Limiter,
  subject: string,
  limits: Limits,
  times: number,
): Promise<number> {
  let admitted = 0;
  for (let count = 0; count < times; count += 1) {
    if ((await limiter.consume(subject, limits, 1)).allowed) admitted += 1;
  }
  return admitted;
}

/** Fails unless the request was refused, and for these policies among others. */
export function assertRefused(result: LimitResult, ...policies: readonly string[]): void {
  assert.equal(result.allowed, false, "the request should have been refused");
  for (const policy of policies)
    assert.ok((result.violated as readonly string[]).includes(policy), `${policy} did not refuse it`);
}
