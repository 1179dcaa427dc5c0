// Makes the types of the page's API client from the API's own OpenAPI document, so that the two cannot drift.
import { mkdirSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";
import { openApiDocument } from "../dist/index.js";

const folder = new URL("generated/", import.meta.url);
mkdirSync(folder, { recursive: true });
const types = astToString(await openapiTS(openApiDocument()));
writeFileSync(
  new URL("admin-api.ts", folder),
  `// Generated from the OpenAPI document; see generate-client.mjs.\n${types}`,
);
