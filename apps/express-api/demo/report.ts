import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

const colours = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
const style = (as: Style, text: string) => (colours ? styleText(as, text) : text);

/** The report of a step. */
export interface Outcome {
  /** A short summary of the observation. */
  readonly happened: string;
  /** True if that is what should have been seen. */
  readonly right: boolean;
}

/** Tells the steps of the demo as they happen, and remembers whether all went right. */
export class Report {
  #wrong = 0;
  #steps = 0;

  heading(text: string): void {
    console.log(`\n${style("bold", text)}\n`);
  }

  line(text: string): void {
    console.log(`     ${text}`);
  }

  /** Takes a step and tells what happened, what was expected, and how long it took. */
  async step(title: string, expected: string, take: () => Promise<Outcome>): Promise<void> {
    this.#steps += 1;
    const startedAt = performance.now();
    const { happened, right } = await take().catch((error: unknown): Outcome => ({
      happened: `it failed: ${String(error)}`,
      right: false,
    }));
    if (!right) this.#wrong += 1;
    const took = style("dim", duration(performance.now() - startedAt));
    const mark = right ? style("green", "ok  ") : style("red", "FAIL");
    console.log(` ${mark} ${style("bold", title)}  ${took}`);
    console.log(`      expected  ${expected}`);
    console.log(`      happened  ${right ? happened : style("red", happened)}\n`);
  }

  /** The last word. Returns true if every step succeeded. */
  conclude(): boolean {
    const verdict =
      this.#wrong === 0 ? "All of it went as it should." : `${this.#wrong} did not go as they should.`;
    console.log(style(this.#wrong === 0 ? "green" : "red", `${this.#steps} steps. ${verdict}`));
    return this.#wrong === 0;
  }
}

export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
