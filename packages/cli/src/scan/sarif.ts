import { pathToFileURL } from "node:url";
import { isAbsolute, sep } from "node:path";
import type { Leak } from "./leak.ts";

/** Formats leaks as SARIF 2.1.0 (OASIS), which code hosts show next to the code. */
export function toSarif(leaks: readonly Leak[]): object {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "keyward",
            rules: [
              {
                id: "leaked-api-key",
                shortDescription: { text: "API key in a file" },
                help: {
                  text: "Rotate the key without an overlap. Removing it from the file is not enough: it stays in the history and in copies.",
                },
                defaultConfiguration: { level: "error" },
              },
            ],
          },
        },
        results: leaks.map(({ path, line, column, secret, commit }) => ({
          ruleId: "leaked-api-key",
          level: "error",
          message: {
            text: `API key ${secret.masked}${commit === undefined ? "" : `, introduced in commit ${commit}`}`,
          },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(path) },
                region: { startLine: line, startColumn: column, endColumn: column + secret.reveal().length },
              },
            },
          ],
        })),
      },
    ],
  };
}

function uriOf(path: string): string {
  if (isAbsolute(path)) return pathToFileURL(path).href;
  return path.split(sep).map(encodeURIComponent).join("/");
}
