import { EXIT } from "./command-error.ts";
import { run } from "./program.ts";
import { createTerminal } from "./terminal/terminal.ts";

const terminal = createTerminal(process);

// A reader such as `head` may end before everything is written.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.failure);
});

// Setting the status instead of calling process.exit lets output into a pipe arrive.
try {
  process.exitCode = await run(process.argv.slice(2), terminal);
} catch (error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.note("keyward: unexpected error", ...text.split("\n"));
  process.exitCode = EXIT.failure;
}
