import assert from "node:assert/strict";
import type { ProblemCode } from "@keyward/core";
import { parseList, type Item } from "structured-headers";
import type { HttpResponse } from "./http.ts";

/** Asserts that a response is the problem document of a code, and returns the document. */
export function expectProblem(
  answer: HttpResponse,
  status: number,
  code: ProblemCode,
): Record<string, unknown> {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers["content-type"], "application/problem+json");
  assert.equal(answer.headers["cache-control"], "no-store");
  const problem = JSON.parse(answer.text) as Record<string, unknown>;
  assert.equal(problem["code"], code);
  assert.equal(problem["status"], status);
  for (const member of ["type", "title", "detail"]) {
    assert.ok(typeof problem[member] === "string" && problem[member] !== "", `the problem has no ${member}`);
  }
  assert.equal(
    "www-authenticate" in answer.headers,
    status === 401,
    "WWW-Authenticate belongs to 401, and only there",
  );
  if (status === 401)
    assert.match(String(answer.headers["www-authenticate"]), /^ApiKey realm="api", header="x-api-key"/);
  return problem;
}

/** A RateLimit or RateLimit-Policy field, parsed as RFC 9651 says: parameters by item. */
export function parseField(
  answer: HttpResponse,
  name: "ratelimit" | "ratelimit-policy",
): Record<string, Record<string, number>> {
  const field = answer.headers[name];
  assert.equal(typeof field, "string", `there is no ${name}`);
  return Object.fromEntries(
    parseList(field as string).map((member) => {
      const [policy, parameters] = member as Item;
      assert.equal(typeof policy, "string", `${name} names its policies as strings`);
      return [policy, Object.fromEntries(parameters) as Record<string, number>];
    }),
  );
}

/** Asserts that both fields are present and consistent, and returns the remaining requests by policy. */
export function expectLimits(
  answer: HttpResponse,
  limits = { rate: 200, burst: 500, daily: 2000 },
): Record<"sustained" | "burst" | "daily", number> {
  assert.deepEqual(parseField(answer, "ratelimit-policy"), {
    sustained: { q: limits.rate, w: 1 },
    burst: { q: limits.burst, w: 1 },
    daily: { q: limits.daily, w: 86_400 },
  });
  const now = parseField(answer, "ratelimit");
  assert.deepEqual(Object.keys(now), ["sustained", "burst", "daily"]);
  for (const { r, t } of Object.values(now)) {
    assert.ok(Number.isSafeInteger(r) && (r as number) >= 0);
    assert.ok(Number.isSafeInteger(t) && (t as number) >= 0);
  }
  const remaining = (policy: string) => now[policy]?.["r"] as number;
  return { sustained: remaining("sustained"), burst: remaining("burst"), daily: remaining("daily") };
}

/** Whole seconds, at least 1, and never before a violated policy is whole again. */
export function expectRetryAfter(answer: HttpResponse, ...violated: readonly string[]): number {
  const field = String(answer.headers["retry-after"]);
  assert.match(field, /^[1-9][0-9]*$/);
  const limits = parseField(answer, "ratelimit");
  for (const policy of violated) assert.ok(Number(field) >= (limits[policy]?.["t"] ?? Number.NaN));
  return Number(field);
}
