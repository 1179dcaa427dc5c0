import { ApolloDriver, type ApolloDriverConfig } from "@nestjs/apollo";
import { ApiKeyGuard, RequestCost, CurrentApiKey, KeywardModule, RequireScopes } from "@keyward/nestjs";
import type { ApiKey } from "@keyward/core";
import { Injectable, Module, UseGuards, type ExecutionContext } from "@nestjs/common";
import { GqlExecutionContext, GraphQLModule, Query, Resolver } from "@nestjs/graphql";
import { NestFactory } from "@nestjs/core";
import { expect, it } from "vitest";
import { leftToday, testKeys } from "./ask.ts";

@Injectable()
class GraphqlApiKeyGuard extends ApiKeyGuard {
  protected override getRequestResponse(context: ExecutionContext) {
    const { req } = GqlExecutionContext.create(context).getContext();
    return { request: req, response: req.res };
  }
}

@UseGuards(GraphqlApiKeyGuard)
@Resolver()
class ReportsResolver {
  @Query(() => String)
  hello(@CurrentApiKey() key: ApiKey) {
    return key.name;
  }

  @RequireScopes("write")
  @RequestCost(4)
  @Query(() => String)
  secrets() {
    return "told";
  }
}

it("guards GraphQL resolvers by one overridden method, and counts a request once for all its fields", async () => {
  const { kw, key, reader } = await testKeys();
  @Module({
    imports: [
      KeywardModule.forRoot(kw),
      GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
    ],
    providers: [ReportsResolver],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, "127.0.0.1");
  const url = await app.getUrl();
  const ask = async (query: string, secret?: string) => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(secret !== undefined && { "x-api-key": secret }),
      },
      body: JSON.stringify({ query }),
    });
    return { response, body: (await response.json()) as { data: unknown; errors?: { message: string }[] } };
  };

  const both = await ask("{ hello again: hello secrets }", key);
  expect(both.body.data).toEqual({ hello: "billing", again: "billing", secrets: "told" });
  expect(leftToday(both.response)).toBe(1996);

  const refused = await ask("{ secrets }", reader);
  expect(refused.body.data).toBeNull();
  expect(refused.body.errors?.[0]?.message).toMatch(/scope/);
  const missing = await ask("{ hello }");
  expect(missing.body.errors?.[0]?.message).toMatch(/Send your API key/);
  expect(missing.response.headers.get("www-authenticate")).toContain("ApiKey");

  await app.close();
  await kw.close();
});
