import type { Limits } from "../limits/limits.ts";
import { Call, type Asker } from "./call.ts";
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

  /**
   * Asks about requests, given as the script takes them; about none to only look.
   *
   * @param startedAt since when `asker` waits, as `performance.now()` gives it
   */
  consume(
    subject: string,
    limits: Limits,
    runs: readonly string[],
    asker: Asker<ConsumeReply>,
    startedAt = performance.now(),
  ): void {
    const call = new Call(asker, startedAt, this.#noteFailure);
    this.#timeouts.add(call);
    this.#ask(call, this.#key(subject), limits, runs, false);
  }

  /** Runs another script. Rejects if Redis fails, or does not answer in time. */
  run(script: Script, subject: string, limits: Limits, args: readonly string[]): Promise<unknown> {
    return this.#promise((call) =>
      this.#send(call, script, this.#key(subject), this.#args(limits, this.#deadline(), args)),
    );
  }

  /** Does what a request does: a server may answer PING and be unable to count. */
  probe(): Promise<unknown> {
    const args = this.#args(PROBE_LIMITS, this.#deadline(), [String(PROBE_LIMITS.daily), "1"]);
    return this.#promise((call) => this.#send(call, scripts.consume, `${this.#options.prefix}probe`, args));
  }

  /** Forgets a subject. */
  forget(subject: string): Promise<unknown> {
    return this.#promise((call) =>
      this.#whenConnected(call, () =>
        this.#connection.del(this.#key(subject)).then(
          (reply) => call.answer(reply),
          (error: unknown) => call.fail(error),
        ),
      ),
    );
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

  readonly #noteFailure = (error: unknown): void => this.#outcomes.failed(error);

  #promise(ask: (call: Call<unknown>) => void): Promise<unknown> {
    return new Promise((answered, failed) => {
      const call = new Call<unknown>({ answered, failed }, performance.now(), this.#noteFailure);
      this.#timeouts.add(call);
      ask(call);
    });
  }

  #key(subject: string): string {
    return `${this.#options.prefix}${FORMAT}:{${subject}}`;
  }

  /** What every script is told first: see `subject.lua`. */
  #args({ rate, burst }: Limits, deadline: string, others: readonly string[]): string[] {
    return [String(rate), String(burst), deadline, ...others];
  }

  /** A call that the script took for late has counted nothing, and is made once more. */
  #ask(call: Call<ConsumeReply>, key: string, limits: Limits, runs: readonly string[], again: boolean): void {
    const args = this.#args(limits, this.#deadline(call.startedAt), [String(limits.daily), ...runs]);
    this.#send(call, scripts.consume, key, args, (reply) => {
      this.#aheadMs = Math.max(this.#aheadMs, readClock(reply) - call.startedAt);
      const told = readReply(reply);
      if (told !== undefined) call.answer(told);
      else if (again) call.fail(new Error("Redis took the call for late."));
      else if (!call.settled) this.#ask(call, key, limits, runs, true);
    });
  }

  /** When nobody waits any more, on Redis's clock, of which nothing is known before its first answer; or the time that a test sets. */
  #deadline(startedAt = Number.NEGATIVE_INFINITY): string {
    const { timeoutMs, clock } = this.#options;
    if (clock !== undefined) return String(-Math.floor(clock()));
    const deadline = Math.ceil(startedAt + this.#aheadMs + timeoutMs);
    return deadline === Number.NEGATIVE_INFINITY ? "0" : String(deadline);
  }

  #send<Answer>(
    call: Call<Answer>,
    script: Script,
    key: string,
    args: readonly string[],
    read: (reply: unknown) => void = (reply) => call.answer(reply as Answer),
  ): void {
    const answered = (reply: unknown) => {
      this.#outcomes.succeeded();
      read(reply);
    };
    // Without a closure, where there is nothing to wait for.
    if (this.#connected) runScript(this.#connection, script, key, args, call, answered);
    else this.#whenConnected(call, () => runScript(this.#connection, script, key, args, call, answered));
  }

  /**
   * A process that has just started waits for its connection for as long as it would wait for an answer. What nobody
   * waits for any more is not sent.
   */
  #whenConnected(call: { readonly settled: boolean }, send: () => unknown): void {
    if (this.#connected) send();
    else void this.#connection.connected.then(() => call.settled || send());
  }
}
