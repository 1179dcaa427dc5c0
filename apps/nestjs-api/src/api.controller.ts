import type { ApiKey, Keyward } from "@keyward/core";
import { CurrentApiKey, KEYWARD, RequestCost, RequireScopes } from "@keyward/nestjs";
import { Controller, Get, Inject, Post } from "@nestjs/common";
import { usageToday } from "./usage-today.ts";

/** The routes that require a key. The guard is global: see app.module.ts. */
@Controller("v1")
export class ApiController {
  constructor(@Inject(KEYWARD) private readonly kw: Keyward) {}

  // Any valid key will do.
  @Get("hello")
  hello(@CurrentApiKey() key: ApiKey) {
    return { hello: key.name };
  }

  // Needs a scope, and costs as much as ten other requests.
  @RequireScopes("reports:write")
  @RequestCost(10)
  @Post("reports")
  createReport() {
    return { report: "made" };
  }

  @Get("usage")
  usage(@CurrentApiKey() key: ApiKey) {
    return usageToday(this.kw, key);
  }
}
