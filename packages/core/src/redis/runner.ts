import { Rules } from "../limits/rules.ts";
import { Call, type ReplyHandler } from "./call.ts";
import type { RedisConnection } from "./connection.ts";
import type { ResolvedRedisOptions } from "./options.ts";
import type { RedisTime } from "./redis-time.ts";
import { readConsumeReply, type ConsumeReply } from "./reply.ts";
import { argumentsOf } from "./rule-arguments.ts";
import { runScript, scripts, type Script, type ScriptRun } from "./script.ts";
import { keyOf } from "./subject-key.ts";
import { Timeouts } from "./timeouts.ts";

/** Is notified of how calls end, to determine whether Redis is available. */
export interface CallOutcomes {
  succeeded(): void;
  failed(error: unknown): void;
}

/** A subject and its rules. */
export interface RuledSubject {
  readonly subject: string;
  readonly rules: Rules;
}

/** A decision: the subjects as they were before it. */
export type Decided = ConsumeReply & { readonly states: NonNullable<ConsumeReply["states"]> };

/** A limit that probes cannot reach. */
const PROBE_RULES = new Rules({ rate: 1_000_000_000 }, "");

/**
 * Runs scripts. No call takes longer than `timeoutMs`. A call that may have run is never sent again, and a decision that arrives after its time-out counts nothing.
 */
export class ScriptRunner {
  readonly #connection: RedisConnection;
  readonly #options: ResolvedRedisOptions;
  readonly #time: RedisTime;
  readonly #outcomes: CallOutcomes;
  readonly #timeouts: Timeouts;
  #connected = false;

  constructor(
    connection: RedisConnection,
    options: ResolvedRedisOptions,
    time: RedisTime,
    outcomes: CallOutcomes,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#time = time;
    this.#outcomes = outcomes;
    this.#timeouts = new Timeouts(options.timeoutMs);
    void connection.connected.then(() => {
      this.#connected = true;
    });
  }

  /**
   * Asks about requests, which are given as `consume.lua` takes them.
   *
   * @param startedAt since when `handler` waits, as a value of `performance.now()`
   */
  consume(
    subjects: readonly RuledSubject[],
    requests: readonly string[],
    handler: ReplyHandler<Decided>,
    startedAt = performance.now(),
  ): void {
    const call = new Call(handler, startedAt, this.#noteFailure);
    this.#timeouts.add(call);
    this.#decide(call, subjects, requests, true);
  }

  /**
   * Runs another script, which counts whenever it arrives. Rejects if Redis fails, or does not respond in time.
   *
   * @param others the arguments after the limits and periods of the subjects
   */
  run(script: Script, subjects: readonly RuledSubject[], others: readonly string[]): Promise<unknown> {
    return this.#promise((call) =>
      this.#send(call, this.#runOf(script, subjects, others), (reply) => call.answer(reply)),
    );
  }

  /** Runs a script whose key is not a subject. */
  runOnKey(script: Script, key: string, others: readonly string[]): Promise<unknown> {
    const run = { script, keys: [key], args: [this.#time.deadline(), ...others] };
    return this.#promise((call) => this.#send(call, run, (reply) => call.answer(reply)));
  }

  /** Does what a request does, because a server may respond to PING and be unable to count. */
  probe(): Promise<unknown> {
    const { prefix } = this.#options;
    const { script, args } = this.#runOf(scripts.consume, [{ subject: "", rules: PROBE_RULES }], []);
    return this.#promise((call) =>
      this.#send(call, { script, keys: [`${prefix}probe`], args }, (reply) => call.answer(reply)),
    );
  }

  /** Deletes a subject. */
  forget(subject: string): Promise<unknown> {
    return this.#promise((call) =>
      this.#whenConnected(call, () =>
        this.#connection.del(keyOf(this.#options.prefix, subject)).then(
          (reply) => call.answer(reply),
          (error: unknown) => call.fail(error),
        ),
      ),
    );
  }

  /** Sends all calls made in the meantime in one write. */
  together(call: () => void): void {
    this.#connection.together(call);
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

  #promise(send: (call: Call<unknown>) => void): Promise<unknown> {
    return new Promise((answered, failed) => {
      const call = new Call<unknown>({ answered, failed }, performance.now(), this.#noteFailure);
      this.#timeouts.add(call);
      send(call);
    });
  }

  #runOf(
    script: Script,
    subjects: readonly RuledSubject[],
    others: readonly string[],
    startedAt?: number,
  ): ScriptRun {
    const keys: string[] = [];
    const args = [this.#time.deadline(startedAt)];
    const estimate = this.#time.estimate();
    for (const { subject, rules } of subjects) {
      const each = argumentsOf(rules);
      keys.push(keyOf(this.#options.prefix, subject));
      args.push(each.limits, each.periodsAt(estimate));
    }
    for (const other of others) args.push(other);
    return { script, keys, args };
  }

  /** A call that has not decided has counted nothing, and is sent once more, with Redis's clock as its reply reported it. */
  #decide(
    call: Call<Decided>,
    subjects: readonly RuledSubject[],
    requests: readonly string[],
    mayRepeat: boolean,
  ): void {
    const run = this.#runOf(scripts.consume, subjects, requests, call.startedAt);
    this.#send(call, run, (reply) => {
      const read = readConsumeReply(
        reply as Buffer,
        subjects.map(({ rules }) => rules),
      );
      const { now, states } = read;
      this.#time.learn(now, call);
      if (states !== undefined) call.answer({ ...read, states });
      else if (mayRepeat && !call.settled) this.#decide(call, subjects, requests, false);
      else call.fail(new Error("Redis's clock changed twice during one call."));
    });
  }

  #send(call: Pick<Call<never>, "settled" | "fail">, run: ScriptRun, read: (reply: unknown) => void): void {
    const answered = (reply: unknown) => {
      this.#outcomes.succeeded();
      try {
        read(reply);
      } catch (error) {
        call.fail(error);
      }
    };
    // Without a closure if there is nothing to wait for.
    if (this.#connected) runScript(this.#connection, run, call, answered);
    else this.#whenConnected(call, () => runScript(this.#connection, run, call, answered));
  }

  /**
   * A process that has just started waits for its connection as long as for a reply. A call that has timed out in the meantime is not sent.
   */
  #whenConnected(call: { readonly settled: boolean }, send: () => unknown): void {
    if (this.#connected) send();
    else void this.#connection.connected.then(() => call.settled || send());
  }
}
