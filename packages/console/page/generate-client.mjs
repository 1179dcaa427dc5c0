// Makes the types of the page's API client from the API's own OpenAPI document, so that the two cannot drift.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import { runnerImport } from "vite";

const api = fileURLToPath(new URL("../src/api/api.ts", import.meta.url));
const { openApiDocument } = (await runnerImport(api)).module;

const folder = new URL("generated/", import.meta.url);
mkdirSync(folder, { recursive: true });
const types = astToString(await openapiTS(openApiDocument()));
writeFileSync(
  new URL("admin-api.ts", folder),
  `// Generated from the OpenAPI document; see generate-client.mjs.\n${types}`,
);
