export {
  createKeyward,
  type Configuration,
  type Health,
  type Keyward,
  type PlanDescription,
  type Quota,
} from "./keyward.ts";
export type { KeywardOptions } from "./options.ts";
export { KeywardError, type KeywardErrorCode } from "./errors.ts";
export { readSecrets } from "./read-secrets.ts";
export type { Clock } from "./clock.ts";
export type { MaybePromise } from "./maybe-promise.ts";
export type {
  KeywardEventMap,
  KeywardEventName,
  KeywardEvents,
  KeywardListener,
  KeywardListeners,
} from "./events.ts";

export { clientOf, isLoopback } from "./admission/client-address.ts";
export type { AdmissionRequest, Connection } from "./admission/request.ts";
export type { Admitted, Decision, Refused, ResponseHeaders } from "./admission/decision.ts";
export { checkRequirements } from "./admission/requirements.ts";
export type { Problem, ProblemCode } from "./admission/refusals.ts";

export { Secret } from "./keys/secret.ts";
export { createKeyFinder, MAX_KEY_LENGTH, type FindKeysOptions, type FoundKey } from "./keys/find-keys.ts";
export { foldCase } from "./keys/listing.ts";
export { memoryStore } from "./keys/memory-store.ts";
export type {
  AuditFilter,
  ChangeGuard,
  ChangeOutcome,
  KeyFilter,
  KeyListPage,
  KeyOrder,
  KeyStore,
  Page,
  UsageBatch,
} from "./keys/store.ts";
export type { ApiKey, JsonValue, KeyChange, KeyRecord, KeyStatus, Metadata } from "./keys/record.ts";
export type { Actor, AuditAction, AuditEntry } from "./keys/audit.ts";
export type { AuditRow, AuditTrail, ListAuditQuery } from "./keys/audit-trail.ts";
export type {
  CreatedKey,
  CreateKeyInput,
  ImportKeyInput,
  KeyLifecycle,
  KeyPage,
  ListKeysQuery,
  RevisionGuard,
  RotateKeyOptions,
  UpdateKeyInput,
} from "./keys/lifecycle.ts";

export { giveRequestField } from "./http/request-field.ts";

export { memoryLimiter, type MemoryLimiterOptions } from "./limits/memory.ts";
export { flexibleLimiter, type FlexibleLimiterOptions, type FlexibleWindow } from "./limits/flexible.ts";
export type { DailyCount, DailyJournal, LocalLimiter, Limiter, LimitResult } from "./limits/limiter.ts";
export type { Limits, Policy } from "./limits/limits.ts";
export type { Mode, PlanOptions } from "./limits/plans.ts";

export type { Usage, UsageQueryInput, UsageRow } from "./usage/query.ts";
export type { LastUse, UsageCount, UsageHour, UsageQuery, UsageSubject } from "./usage/usage.ts";

export {
  acceptUpgrade,
  routeUpgrades,
  type AcceptedUpgrade,
  type RouteUpgradesOptions,
} from "./http/upgrades.ts";
