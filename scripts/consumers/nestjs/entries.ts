// Every entry point, for resolutions of modules that know no `exports`.
import { createKeyward } from "@keyward/core";
import { Mount } from "@keyward/core/adapter";
import { watchKeys } from "@keyward/core/alerts";
import { writeLogs } from "@keyward/core/logs";
import { redisLimiter } from "@keyward/core/redis";
import { withTelemetry } from "@keyward/core/telemetry";
import { KeywardModule } from "@keyward/nestjs";
import { ApiKeySecurity } from "@keyward/nestjs/swagger";

export const all = [
  createKeyward,
  Mount,
  watchKeys,
  writeLogs,
  redisLimiter,
  withTelemetry,
  KeywardModule,
  ApiKeySecurity,
];
