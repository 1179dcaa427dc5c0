import { createKeyward, type Keyward } from "@keyward/core";

/** The same for all modules of the process. Next.js loads a module once for each route. */
const shared = globalThis as { kw?: Keyward };

export const kw = (shared.kw ??= createKeyward());
