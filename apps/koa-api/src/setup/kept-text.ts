import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** A file's text, made at the first start: two first starts at once agree on one. Only its owner can read it. */
export async function keptText(
  file: string,
  make: () => string | Promise<string>,
): Promise<{ readonly text: string; readonly isNew: boolean }> {
  try {
    return { text: readFileSync(file, "utf8").trim(), isNew: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  // Written whole and then put in place.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${await make()}\n`, { mode: 0o600, flush: true });
  let isNew = true;
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    isNew = false;
  } finally {
    rmSync(draft);
  }
  return { text: readFileSync(file, "utf8").trim(), isNew };
}
