import type { AdmissionRequest, Limits } from "@keyward/core";

/** Out of reach. */
export const HUGE = 1_000_000_000;

/** Limits out of reach, in the proportion of 200 to 500. */
export const PLENTY: Limits = { rate: 0.4 * HUGE, burst: HUGE, daily: HUGE };

/** A request with a key and nothing else. */
export class BenchRequest implements AdmissionRequest {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  header(): string {
    return this.#key;
  }

  get secure(): boolean {
    return true;
  }

  get ip(): string {
    return "203.0.113.1";
  }
}
