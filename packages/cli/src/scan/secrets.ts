import { dirname, relative, sep } from "node:path";
import { readSettings } from "../deployment/settings.ts";
import { isRegularFile } from "../regular-file.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { GitNotInstalled, IsolatedGit } from "./isolated-git.ts";
import { findRepository } from "./repository.ts";

/**
 * Reads the secrets that decide which keys a scan reports. Files in the working directory count only if Git does not
 * track them. Otherwise a repository could hide its keys by bringing another secret.
 */
export function readScanSecrets(terminal: Terminal): readonly string[] {
  const { secrets, secretSource } = readSettings(terminal, (file) => {
    if (!isTracked(file, terminal)) return true;
    terminal.note(`${relative(terminal.cwd, file)} is tracked by Git, so its settings are not used.`);
    return false;
  });
  if (secretSource !== undefined)
    terminal.note(`Reporting only keys that were issued under ${secretSource.name}.`);
  return secrets;
}

function isTracked(file: string, terminal: Terminal): boolean {
  if (!isRegularFile(file)) return false;
  const repository = findRepository(dirname(file), terminal);
  if (repository?.root === undefined) return false;
  const git = new IsolatedGit(repository, terminal.env);
  try {
    const name = relative(repository.root, file).split(sep).join("/");
    return git.run("--literal-pathspecs", "ls-files", "-z", "--cached", "--", name).length > 0;
  } catch (error) {
    // Without Git there is nothing that tells.
    if (error instanceof GitNotInstalled) return false;
    throw error;
  } finally {
    git.close();
  }
}
