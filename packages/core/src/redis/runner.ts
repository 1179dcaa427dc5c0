import type { Limits } from "../limits/limits.ts";
import { Call } from "./call.ts";
import type { RedisConnection } from "./connection.ts";
import type { ResolvedRedisOptions } from "./options.ts";
import { readClock, readReply, type ConsumeReply } from "./reply.ts";
import { FORMAT, runScript, scripts, type Script } from "./script.ts";
import { Timeouts } from "./timeouts.ts";

/** Hears how calls went, to tell whether Redis is there. */
export interface CallOutcomes {
  succeeded(): void;
  failed(error: unknown): void;
}

/** Limits that a probe cannot reach. */
const PROBE_LIMITS: Limits = { rate: 1_000_000_000, burst: 1_000_000_000, daily: 1_000_000_000 };

/**
 * Runs scripts on a subject. No call lasts longer than `timeoutMs`, none is sent a second time once it may have run, and
 * one that arrives when nobody waits for it any more counts nothing.
 */
export class ScriptRunner {
  readonly #connection: RedisConnection;
  readonly #options: ResolvedRedisOptions;
  readonly #outcomes: CallOutcomes;
  readonly #timeouts: Timeouts;
  #connected = false;
  /** By how much Redis's clock is at most ahead of `performance.now()`. */
  #aheadMs = Number.NEGATIVE_INFINITY;

  constructor(connection: RedisConnection, options: ResolvedRedisOptions, outcomes: CallOutcomes) {
    this.#connection = connection;
    this.#options = options;
    this.#outcomes = outcomes;
    this.#timeouts = new Timeouts(options.timeoutMs);
    void connection.connected.then(() => {
      this.#connected = true;
    });
  }

  /** Asks about requests, given as pairs of a cost and how many there are of it; about none to only look. */
  consume(
    subject: string,
    limits: Limits,
    runs: readonly string[],
    answered: (reply: ConsumeReply) => void,
    failed: (error: unknown) => void,
  ): void {
    this.#ask(this.#call(answered, failed), this.#key(subject), limits, runs, false);
  }

  /** Runs another script. Rejects if Redis fails, or does not answer in time. */
  run(script: Script, subject: string, limits: Limits, args: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = this.#call<unknown>(resolve, reject);
      this.#send(call, script, this.#key(subject), this.#args(limits, args), call.answer);
    });
  }

  /** Does what a request does: a server may answer PING and be unable to count. */
  probe(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = new Call<unknown>(resolve, reject);
      const args = this.#args(PROBE_LIMITS, [String(PROBE_LIMITS.daily), "", "1", "1"]);
      this.#send(call, scripts.consume, `${this.#options.prefix}probe`, args, call.answer);
    });
  }

  /** Forgets a subject. */
  forget(subject: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = this.#call<unknown>(resolve, reject);
      this.#timeouts.add(call);
      this.#whenConnected(call, () => this.#connection.del(this.#key(subject)).then(call.answer, call.fail));
    });
  }

  /** Has what is asked meanwhile leave in one write. */
  together(ask: () => void): void {
    this.#connection.together(ask);
  }

  /** Fails every call that waits. */
  giveUp(): void {
    this.#timeouts.expireAll();
  }

  close(): void {
    this.#timeouts.close();
    this.#connection.close();
  }

  #key(subject: string): string {
    return `${this.#options.prefix}${FORMAT}:{${subject}}`;
  }

  #call<Answer>(answered: (answer: Answer) => void, failed: (error: unknown) => void): Call<Answer> {
    return new Call<Answer>(answered, (error) => {
      this.#outcomes.failed(error);
      failed(error);
    });
  }

  #args({ rate, burst }: Limits, others: readonly string[]): string[] {
    const { clock } = this.#options;
    return [clock === undefined ? "" : String(Math.floor(clock())), String(rate), String(burst), ...others];
  }

  /** A call that the script took for late has counted nothing, and is made once more. */
  #ask(call: Call<ConsumeReply>, key: string, limits: Limits, runs: readonly string[], again: boolean): void {
    const args = this.#args(limits, [String(limits.daily), this.#deadline(call.startedAt), ...runs]);
    this.#send(call, scripts.consume, key, args, (reply) => {
      this.#aheadMs = Math.max(this.#aheadMs, readClock(reply) - call.startedAt);
      const told = readReply(reply);
      if (told !== undefined) call.answer(told);
      else if (again) call.fail(new Error("Redis took the call for late."));
      else if (call.wanted()) this.#ask(call, key, limits, runs, true);
    });
  }

  /** When nobody waits any more, on Redis's clock. Unknown before its first answer. */
  #deadline(startedAt: number): string {
    const { timeoutMs, clock } = this.#options;
    if (clock !== undefined || this.#aheadMs === Number.NEGATIVE_INFINITY) return "";
    return String(Math.ceil(startedAt + this.#aheadMs + timeoutMs));
  }

  #send(
    call: Call<ConsumeReply> | Call<unknown>,
    script: Script,
    key: string,
    args: readonly string[],
    answered: (reply: unknown) => void,
  ): void {
    this.#timeouts.add(call);
    this.#whenConnected(call, () =>
      runScript(
        this.#connection,
        script,
        key,
        args,
        call.wanted,
        (reply) => {
          this.#outcomes.succeeded();
          answered(reply);
        },
        call.fail,
      ),
    );
  }

  /**
   * A process that has just started waits for its connection for as long as it would wait for an answer. What nobody
   * waits for any more is not sent.
   */
  #whenConnected(call: Call<ConsumeReply> | Call<unknown>, send: () => unknown): void {
    if (this.#connected) send();
    else void this.#connection.connected.then(() => call.wanted() && send());
  }
}
