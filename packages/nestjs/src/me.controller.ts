import { Controller, Get, Inject, Req, Res, SetMetadata } from "@nestjs/common";
import type { Keyward } from "@keyward/core";
import { MeMount } from "@keyward/core/adapter";
import { headersOf, nest, send, type PlatformRequest, type PlatformResponse } from "./platform.ts";
import { IDENTIFIES } from "./route-options.ts";
import { KEYWARD } from "./tokens.ts";

/**
 * `GET /me`: responds with the state of the key that a request presents: its limits, what they leave, and its usage. It counts in
 * `sustained` and `burst`, not in quotas, so that it also works where a quota is used up. Extend it for another path.
 *
 * @example
 * ```ts
 * @Controller("v1")
 * class V1MeController extends MeController {}
 * ```
 */
@Controller()
export class MeController {
  readonly #mount: MeMount<PlatformRequest>;

  constructor(@Inject(KEYWARD) kw: Keyward) {
    this.#mount = new MeMount(kw, nest);
  }

  @SetMetadata(IDENTIFIES, true)
  @Get("me")
  async me(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    const { status, body } = await this.#mount.respond(request, headersOf(response));
    send(response, status, body);
  }
}
