import { createClient, type ClientOptions } from "@keyward/client";
import { createKeyward } from "@keyward/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const CLIENTS = 50;
const RATE = 200;
const TRIP_MS = 8;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface RecordedRequest {
  readonly at: number;
  readonly isAdmitted: boolean;
  /** `true` if the same call was refused before. */
  readonly isRetry: boolean;
}

/** An API with the default limits and a large quota, behind a network with latency. All in fake time. */
async function setUp() {
  const kw = createKeyward({
    plans: { default: { rate: RATE, burst: 500, daily: 1_000_000 } },
    clock: () => Date.now(),
  });
  const raw = (await kw.keys.create({ name: "crowd" })).secret.reveal();
  const requests: RecordedRequest[] = [];
  const calls = new Set<string>();
  const send = async (url: string, init: RequestInit) => {
    const request = new Request(url, init);
    await pause(TRIP_MS / 2 + Math.random() * TRIP_MS);
    const decision = await kw.admit({
      header: (name) => request.headers.get(name) ?? undefined,
      secure: true,
      ip: "203.0.113.1",
    });
    const { pathname } = new URL(request.url);
    requests.push({ at: Date.now(), isAdmitted: decision.admitted, isRetry: calls.has(pathname) });
    calls.add(pathname);
    await pause(TRIP_MS / 2);
    return new Response(null, {
      status: decision.admitted ? 200 : decision.status,
      headers: { ...decision.headers },
    });
  };
  return { raw, requests, send: send as typeof fetch, close: () => kw.close() };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Each client makes its calls one after the other, together at four times the rate that the limits allow. */
async function work(clients: readonly ReturnType<typeof createClient>[], callsEach: number): Promise<void> {
  const everyMs = (CLIENTS / (4 * RATE)) * 1000;
  const all = Promise.all(
    clients.map(async (client, number) => {
      for (let call = 0; call < callsEach; call += 1) {
        const startedAt = Date.now();
        const { status } = await client.fetch(`/${number}/${call}`);
        expect(status).toBe(200);
        await pause(startedAt + everyMs - Date.now());
      }
    }),
  );
  const state = { done: false };
  void all.finally(() => (state.done = true));
  while (!state.done) await vi.advanceTimersByTimeAsync(1);
  await all;
}

const patient: Partial<ClientOptions> = { maxAttempts: 1000, deadlineMs: 600_000 };

function measure(requests: readonly RecordedRequest[]) {
  const admitted = requests.filter(({ isAdmitted }) => isAdmitted);
  // Near the end, fewer than fifty clients are left.
  const nearEnd = Math.floor(admitted.length * 0.9);
  const seconds = ((admitted[nearEnd]?.at ?? 0) - (admitted[0]?.at ?? 0)) / 1000;
  return {
    admitted: admitted.length,
    refusedPart: 1 - admitted.length / requests.length,
    // Compared with the sustained rate, without the burst.
    usedPart: nearEnd / (RATE * seconds),
  };
}

describe("fifty clients at four times the rate limit", { timeout: 120_000 }, () => {
  it("that share a pace use the whole rate and are hardly ever refused", async () => {
    const { raw, requests, send, close } = await setUp();
    const options = { baseUrl: "https://crowd-1.example", apiKey: raw, fetch: send, pace: true, ...patient };
    await work(
      Array.from({ length: CLIENTS }, () => createClient(options)),
      80,
    );
    const { admitted, refusedPart, usedPart } = measure(requests);
    expect(admitted).toBe(CLIENTS * 80);
    expect(refusedPart).toBeLessThan(0.001);
    expect(usedPart).toBeGreaterThanOrEqual(0.97);
    await close();
  });

  it("that pace in separate processes find their share from what remains", async () => {
    const { raw, requests, send, close } = await setUp();
    const clients = Array.from({ length: CLIENTS }, (_, number) =>
      createClient({
        // Clients with the same origin would share the pace.
        baseUrl: `https://process-${number}.example`,
        apiKey: raw,
        fetch: send,
        pace: true,
        ...patient,
      }),
    );
    await work(clients, 80);
    const { refusedPart, usedPart } = measure(requests);
    expect(refusedPart).toBeLessThan(0.05);
    expect(usedPart).toBeGreaterThanOrEqual(0.97);
    await close();
  });

  it("that only back off are all served, and do not come back together", async () => {
    const { raw, requests, send, close } = await setUp();
    const options = { baseUrl: "https://crowd-2.example", apiKey: raw, fetch: send, ...patient };
    await work(
      Array.from({ length: CLIENTS }, () => createClient(options)),
      80,
    );
    const { admitted, usedPart } = measure(requests);
    expect(admitted).toBe(CLIENTS * 80);
    expect(usedPart).toBeGreaterThanOrEqual(0.9);
    // All fifty were refused at about the same time, with the same Retry-After.
    const retries = requests.filter(({ isRetry }) => isRetry).map(({ at }) => at);
    const together = Math.max(
      ...retries.map((from) => retries.filter((at) => at >= from && at < from + 10).length),
    );
    expect(retries.length).toBeGreaterThan(200);
    expect(together).toBeLessThanOrEqual(CLIENTS / 4);
    await close();
  });
});
