import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

export default defineConfig(
  library({
    index: "src/index.ts",
    redis: "src/redis/index.ts",
    telemetry: "src/telemetry/index.ts",
    logs: "src/logs/index.ts",
    alerts: "src/alerts/index.ts",
  }),
);
