import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";

/** Colours that mean something: what is well, what is to be looked at, what is wrong, what matters less. */
export type Paint = (style: "green" | "yellow" | "red" | "dim" | "bold", text: string) => string;

/** Where the command line reads and writes. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** What was asked for: a key, a table, JSON. */
  out(text: string): void;
  /** What is said about it. */
  say(text: string): void;
  readonly paint: Paint;
  /** Asks yes or no. `undefined` if there is nobody to ask. */
  confirm(question: string): Promise<boolean | undefined>;
}

/** The process's own, with colour only where a person looks at it and has not asked for none (no-color.org). */
export function terminal(
  process: Pick<NodeJS.Process, "env" | "stdin" | "stdout" | "stderr" | "cwd">,
): Terminal {
  const { env, stdin, stdout, stderr } = process;
  const coloured = stdout.isTTY && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return {
    env,
    cwd: process.cwd(),
    out: (text) => void stdout.write(`${text}\n`),
    say: (text) => void stderr.write(`${text}\n`),
    paint: (style, text) => (coloured ? styleText(style, text) : text),
    async confirm(question) {
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        // In a pipe the answer may come too: `echo y | keyward …`. If none does, the pipe ends.
        const ended = new Promise<undefined>((resolve) => lines.once("close", () => resolve(undefined)));
        const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
        return answer === undefined ? undefined : /^\s*y(es)?\s*$/i.test(answer);
      } finally {
        lines.close();
      }
    },
  };
}
