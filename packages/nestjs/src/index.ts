export { ApiKeyException } from "./api-key.exception.ts";
export { ApiKeyGuard, type RequestAndResponse } from "./api-key.guard.ts";
export { admissionOf, apiKeyOf } from "./current-request.ts";
export {
  ApiKeyOptions,
  CurrentApiKey,
  RequestBudgets,
  RequestCost,
  RequireScopes,
  SkipApiKey,
} from "./decorators.ts";
export type {
  KeywardModuleOptions,
  KeywardSource,
  KeywardSourceFactory,
} from "./keyward.module-definition.ts";
export { KeywardModule } from "./keyward.module.ts";
export { MeController } from "./me.controller.ts";
export type { FastifyReply, PlatformRequest, PlatformResponse } from "./platform.ts";
export type { ApiKeyRouteOptions } from "./route-options.ts";
export { KEYWARD } from "./tokens.ts";
