import { addApiKeySecurity, ApiKeySecurity } from "@keyward/nestjs/swagger";
import { ApiKeyGuard, KeywardModule } from "@keyward/nestjs";
import { createKeyward } from "@keyward/core";
import { Controller, Get, Module, UseGuards } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { DocumentBuilder, SwaggerModule } from "@nestjs/swagger";
import { expect, it } from "vitest";

it("describes the key and the refusals in the OpenAPI document", async () => {
  @ApiKeySecurity()
  @UseGuards(ApiKeyGuard)
  @Controller("reports")
  class ReportsController {
    @Get()
    list() {}
  }
  const kw = createKeyward();
  @Module({ imports: [KeywardModule.forRoot(kw)], controllers: [ReportsController] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  const document = SwaggerModule.createDocument(app, addApiKeySecurity(new DocumentBuilder()).build());
  expect(document.components?.securitySchemes).toEqual({
    "api-key": expect.objectContaining({ type: "apiKey", in: "header", name: "x-api-key" }),
  });
  const operation = document.paths["/reports"]?.get;
  expect(operation?.security).toEqual([{ "api-key": [] }]);
  expect(Object.keys(operation?.responses ?? {}).toSorted()).toEqual(["200", "401", "403", "429"]);
  await app.close();
  await kw.close();
});

it("describes each place where keys are accepted", async () => {
  const keyFrom = ["x-api-key", "bearer"];
  @ApiKeySecurity(keyFrom)
  @UseGuards(ApiKeyGuard)
  @Controller("reports")
  class ReportsController {
    @Get()
    list() {}
  }
  const kw = createKeyward({ keyFrom });
  @Module({ imports: [KeywardModule.forRoot(kw)], controllers: [ReportsController] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  const document = SwaggerModule.createDocument(
    app,
    addApiKeySecurity(new DocumentBuilder(), keyFrom).build(),
  );
  expect(document.components?.securitySchemes).toEqual({
    "api-key-x-api-key": expect.objectContaining({ type: "apiKey", in: "header", name: "x-api-key" }),
    "api-key-bearer": expect.objectContaining({ type: "http", scheme: "bearer" }),
  });
  expect(document.paths["/reports"]?.get?.security).toEqual([
    { "api-key-x-api-key": [] },
    { "api-key-bearer": [] },
  ]);
  await app.close();
  await kw.close();
});
