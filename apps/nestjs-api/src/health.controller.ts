import type { Keyward } from "@keyward/core";
import { KEYWARD, SkipApiKey } from "@keyward/nestjs";
import { Controller, Get, Inject, ServiceUnavailableException } from "@nestjs/common";

/** True if it works, and whether it may be sent requests: the same here, since it stops listening before it ends. */
@SkipApiKey()
@Controller(["healthz", "readyz"])
export class HealthController {
  constructor(@Inject(KEYWARD) private readonly kw: Keyward) {}

  @Get()
  async health() {
    // The endpoint is public: the store and Redis are asked at most once a second.
    const health = await this.kw.health({ maxAgeMs: 1000 });
    // Without Redis it uses local limits: degraded, but serving.
    if (health.status === "failing") throw new ServiceUnavailableException(health);
    return health;
  }
}
