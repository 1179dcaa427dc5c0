import { createInterface } from "node:readline/promises";
import { renderLine, type Line } from "./line.ts";
import { toPrintable, toPrintableJson } from "./printable.ts";

/**
 * Input and output of the command line. Its methods are the only way to print. They make data safe to print, so callers
 * pass it as it is.
 */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Prints results to stdout. */
  print(...lines: readonly Line[]): void;
  /** Prints results to stdout as JSON. */
  printJson(value: unknown): void;
  /** Prints results to stdout as JSON on one line. */
  printJsonLine(value: unknown): void;
  /** Prints a secret to stdout unchanged, on a separate line. */
  printSecret(text: string): void;
  /** Prints messages for people to stderr. */
  note(...lines: readonly Line[]): void;
  /** Reads the first line of stdin. Undefined without a terminal. */
  readLine(): Promise<string | undefined>;
  /** Asks a yes-or-no question. `undefined` if stdin ends without an answer. */
  confirm(question: string): Promise<boolean | undefined>;
}

type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

interface ProcessStreams {
  readonly env: Terminal["env"];
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  cwd(): string;
}

/** The terminal of a process, with colours only where a person reads them and `NO_COLOR` (no-color.org) is not set. */
export function createTerminal(process: ProcessStreams): Terminal {
  const { env, stdin, stdout, stderr } = process;
  const mayColor = (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  const write = (stream: OutputStream, lines: readonly Line[]) => {
    const hasColors = mayColor && stream.isTTY === true;
    for (const line of lines) stream.write(`${renderLine(line, hasColors)}\n`);
  };
  return {
    env,
    cwd: process.cwd(),
    print: (...lines) => write(stdout, lines),
    printJson: (value) => void stdout.write(`${toPrintableJson(value)}\n`),
    printJsonLine: (value) => void stdout.write(`${toPrintableJson(value, 0)}\n`),
    printSecret: (text) => void stdout.write(`${text}\n`),
    note: (...lines) => write(stderr, lines),
    async readLine() {
      const reader = createInterface({ input: stdin });
      try {
        for await (const line of reader) return line;
        return undefined;
      } finally {
        reader.close();
      }
    },
    async confirm(question) {
      const reader = createInterface({ input: stdin, output: stderr });
      try {
        // The answer may come from a pipe (`echo y | keyward …`), which may also end without one.
        const ended = new Promise<undefined>((resolve) => reader.once("close", () => resolve(undefined)));
        const answer = await Promise.race([reader.question(`${toPrintable(question)} [y/N] `), ended]);
        return answer === undefined ? undefined : /^\s*y(es)?\s*$/i.test(answer);
      } finally {
        reader.close();
      }
    },
  };
}
