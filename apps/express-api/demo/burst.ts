import { Agent, get } from "node:https";

export interface BurstResult {
  readonly admitted: number;
  readonly refused: number;
  /** Refusals that said how long to wait. */
  readonly withRetryAfter: number;
  readonly tookMs: number;
}

/** Asks `times` times as fast as 50 connections go, without waiting for anyone's permission. */
export async function burst(url: URL, key: string, times: number): Promise<BurstResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const ask = () =>
    new Promise<{ status: number; retryAfter: boolean }>((resolve, reject) => {
      const request = get(url, { agent, headers: { "x-api-key": key } }, (response) => {
        response.resume().once("end", () => {
          resolve({ status: response.statusCode ?? 0, retryAfter: "retry-after" in response.headers });
        });
      });
      request.once("error", reject);
    });
  const startedAt = performance.now();
  const answers = await Promise.all(Array.from({ length: times }, ask));
  const tookMs = performance.now() - startedAt;
  agent.destroy();
  const refusals = answers.filter(({ status }) => status === 429);
  return {
    admitted: answers.filter(({ status }) => status === 200).length,
    refused: refusals.length,
    withRetryAfter: refusals.filter(({ retryAfter }) => retryAfter).length,
    tookMs,
  };
}
