import { run } from "./program.ts";
import { terminal } from "./terminal.ts";

// Not process.exit: what was printed into a pipe has to arrive.
process.exitCode = await run(process.argv.slice(2), terminal(process));
