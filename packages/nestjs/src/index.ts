export { ApiKeyException } from "./api-key.exception.ts";
export { ApiKeyGuard } from "./api-key.guard.ts";
export { Cost, CurrentApiKey, Public, Scopes } from "./decorators.ts";
export {
  KeywardModule,
  type KeywardModuleAsyncOptions,
  type KeywardModuleOptions,
} from "./keyward.module.ts";
export type { FastifyReply, NodeResponse, PlatformRequest, PlatformResponse } from "./platform.ts";
export type { CostOfRequest } from "./requirements.ts";
export { KEYWARD } from "./token.ts";
