import { pathToFileURL } from "node:url";
import { isAbsolute, sep } from "node:path";
import type { Leak } from "./leak.ts";

/** The leaks as SARIF 2.1.0 (OASIS), which code hosts show beside the lines that they are about. */
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
                shortDescription: { text: "An API key in a file" },
                help: {
                  text: "Revoke the key, and give its holder a new one. Removing it from the file does not undo it.",
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
            text: `The API key ${secret.masked}${commit === undefined ? "" : `, brought in by commit ${commit}`}.`,
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
