import { openApiDocument } from "@keyward/console";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, it } from "vitest";
import { setUp } from "./set-up.ts";

describe("the OpenAPI document", () => {
  it("is the same from the package and from the server, and a linter has nothing to say", async () => {
    const { ask } = setUp();
    const document = openApiDocument();
    expect((await ask("GET", "/openapi.json")).body).toEqual(JSON.parse(JSON.stringify(document)));
    expect(document).toMatchObject({ openapi: "3.1.0" });
    const config = await createConfig({ extends: ["recommended-strict"] });
    const source = JSON.stringify(document);
    const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  });

  it("names every route that there is", () => {
    const { paths } = openApiDocument() as { paths: Record<string, object> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted((a, b) => a.localeCompare(b))).toEqual([
      "DELETE /api-keys/{id}",
      "DELETE /session",
      "GET /api-keys",
      "GET /api-keys/{id}",
      "GET /api-keys/{id}/usage",
      "GET /audit",
      "GET /session",
      "PATCH /api-keys/{id}",
      "POST /api-keys",
      "POST /api-keys/{id}/regenerate",
      "POST /api-keys/{id}/rotate",
      "POST /session",
    ]);
  });
});
