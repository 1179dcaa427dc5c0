import { createClient, type ClientOptions } from "@keyward/client";
import { createKeyward } from "@keyward/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const CLIENTS = 50;
const RATE = 200;
const TRIP_MS = 8;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Asked {
  readonly at: number;
  readonly admitted: boolean;
  /** Whether the same call was refused before. */
  readonly again: boolean;
}

/** An API with the default limits and no day to speak of, behind a network that takes its time. All in fake time. */
async function setUp() {
  const kw = createKeyward({
    plans: { default: { rate: RATE, burst: 500, daily: 1_000_000 } },
    clock: () => Date.now(),
  });
  const raw = (await kw.keys.create({ name: "crowd" })).secret.reveal();
  const asked: Asked[] = [];
  const calls = new Set<string>();
  const send = async (request: Request) => {
    await pause(TRIP_MS / 2 + Math.random() * TRIP_MS);
    const decision = await kw.admit({
      header: (name) => request.headers.get(name) ?? undefined,
      secure: true,
      ip: "203.0.113.1",
    });
    const { pathname } = new URL(request.url);
    asked.push({ at: Date.now(), admitted: decision.admitted, again: calls.has(pathname) });
    calls.add(pathname);
    await pause(TRIP_MS / 2);
    return new Response(null, {
      status: decision.admitted ? 200 : decision.status,
      headers: { ...decision.headers },
    });
  };
  return { raw, asked, send: send as unknown as typeof fetch, close: () => kw.close() };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Each client works through its calls, one after the other, at four times what the limits allow all of them. */
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

function figures(asked: readonly Asked[]) {
  const admitted = asked.filter((each) => each.admitted);
  // Until most of the work is done: then there are no longer fifty that want anything.
  const most = Math.floor(admitted.length * 0.9);
  const seconds = ((admitted[most]?.at ?? 0) - (admitted[0]?.at ?? 0)) / 1000;
  return {
    admitted: admitted.length,
    refusedPart: 1 - admitted.length / asked.length,
    // What the limits allow in that time; the burst that may come on top of it is not asked of anybody.
    usedPart: most / (RATE * seconds),
  };
}

describe("fifty clients that want four times what there is", { timeout: 120_000 }, () => {
  it("that pace themselves together use the limit and are hardly ever refused", async () => {
    const { raw, asked, send, close } = await setUp();
    const options = { baseUrl: "https://crowd-1.example", apiKey: raw, fetch: send, pace: true, ...patient };
    await work(
      Array.from({ length: CLIENTS }, () => createClient(options)),
      80,
    );
    const { admitted, refusedPart, usedPart } = figures(asked);
    expect(admitted).toBe(CLIENTS * 80);
    expect(refusedPart).toBeLessThan(0.001);
    expect(usedPart).toBeGreaterThanOrEqual(0.97);
    await close();
  });

  it("that pace themselves, each in a process of its own, find their share by what remains", async () => {
    const { raw, asked, send, close } = await setUp();
    const clients = Array.from({ length: CLIENTS }, (_, number) =>
      createClient({
        // The pace is kept by origin.
        baseUrl: `https://process-${number}.example`,
        apiKey: raw,
        fetch: send,
        pace: true,
        ...patient,
      }),
    );
    await work(clients, 80);
    const { refusedPart, usedPart } = figures(asked);
    expect(refusedPart).toBeLessThan(0.05);
    expect(usedPart).toBeGreaterThanOrEqual(0.97);
    await close();
  });

  it("that only back off get through too, and do not come back together", async () => {
    const { raw, asked, send, close } = await setUp();
    const options = { baseUrl: "https://crowd-2.example", apiKey: raw, fetch: send, ...patient };
    await work(
      Array.from({ length: CLIENTS }, () => createClient(options)),
      80,
    );
    const { admitted, usedPart } = figures(asked);
    expect(admitted).toBe(CLIENTS * 80);
    expect(usedPart).toBeGreaterThanOrEqual(0.9);
    // All fifty were refused at about the same time, and told the same time to wait.
    const again = asked.filter((each) => each.again).map(({ at }) => at);
    const together = Math.max(
      ...again.map((from) => again.filter((at) => at >= from && at < from + 10).length),
    );
    expect(again.length).toBeGreaterThan(200);
    expect(together).toBeLessThanOrEqual(CLIENTS / 4);
    await close();
  });
});
