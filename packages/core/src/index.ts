export { createKeyward } from "./create-keyward.ts";
export type { Keyward } from "./keyward.ts";
export type { Configuration } from "./configuration.ts";
export type { Health, HealthOptions, HealthReason } from "./health.ts";
export type { KeywardOptions } from "./options.ts";
export { KeywardError, type FieldsOf, type KeywardErrorCode, type KeywardErrorFields } from "./errors.ts";
export { readSecrets } from "./read-secrets.ts";
export { matchesStoredSecret } from "./keys/secret-check.ts";
export { secretWeakness } from "./keys/secret-strength.ts";
export type { Clock } from "./clock.ts";
export type { JsonValue, Metadata } from "./json.ts";
export type { Names, NamesOf, ScopeGrant } from "./names.ts";
export type { MaybePromise } from "./maybe-promise.ts";
export type {
  KeywardEventMap,
  KeywardEventName,
  KeywardEvents,
  KeywardListener,
  KeywardListeners,
} from "./events.ts";

export type { AdmissionRequest } from "./admission/request.ts";
export type { Admitted, Decision, Refused, ResponseHeaders, Settlement } from "./admission/decision.ts";
export type { RateLimitHeaders } from "./admission/headers.ts";
export type { Problem, ProblemCode } from "./admission/refusals.ts";

export { Secret } from "./keys/secret.ts";
export { createKeyFinder, MAX_KEY_LENGTH, type FindKeysOptions, type FoundKey } from "./keys/find-keys.ts";
export type { KeyPolicy } from "./keys/key-policy.ts";
export type { ScopeCatalogue } from "./keys/scopes.ts";
export type { ChangeFeed } from "./keys/change-feed.ts";
export { statusOf, type ApiKey, type KeyStatus, type OwnLimits, type Pause } from "./keys/record.ts";
export type {
  CreatedKey,
  CreateKeyInput,
  ImportKeyInput,
  KeyLifecycle,
  KeyPage,
  KeyQuery,
  ListKeysQuery,
  PauseOptions,
  RevisionGuard,
  RotateKeyOptions,
  UpdateKeyInput,
} from "./keys/lifecycle.ts";

export type { Owner } from "./owners/owner.ts";
export type { ListOwnersQuery, OwnerPage, Owners, UpdateOwnerInput } from "./owners/owners.ts";

export type { LeakAction, LeakOutcome, LeakReport, Leaks } from "./leaks/leaks.ts";
export { leakReceiver, type LeakReceiver, type LeakReceiverOptions } from "./leaks/leak-receiver.ts";

export type { Access, KeyAccess, OwnerAccess } from "./permissions/access.ts";
export type { CreatePermission, Grants, Permissions, Principal } from "./permissions/permissions.ts";

export {
  AUDIT_ACTIONS,
  type Actor,
  type ActorLevel,
  type AuditAction,
  type AuditChange,
} from "./audit/audit-event.ts";
export type { AuditCheckpoint, AuditHead } from "./audit/chain.ts";
export type { ExportAuditOptions } from "./audit/export.ts";
export type { PruneAuditOptions, PrunedAudit } from "./audit/prune.ts";
export type { AuditProblem, AuditVerification, VerifyAuditOptions } from "./audit/verify.ts";
export type { AuditLog, AuditPageResult, ListAuditQuery } from "./audit/audit-log.ts";
export type { AuditEvent } from "./audit/public-event.ts";

export type { Session } from "./sessions/session.ts";
export type {
  FindSessionOptions,
  Sessions,
  SignInFailure,
  StartedSession,
  StartSessionInput,
} from "./sessions/sessions.ts";

export { memoryStore } from "./store/memory-store.ts";
export type { Store } from "./store/store.ts";

export { memoryLimiter, type MemoryLimiterOptions } from "./limits/memory.ts";
export type { Limiter } from "./limits/limiter.ts";
export type { LimitOverrides, Limits, Policy, QuotaName, RateUnit } from "./limits/limits.ts";
export type { LimitsControl, Quota } from "./limits/limits-control.ts";
export type { Period } from "./limits/periods.ts";
export { isQuotaPolicy } from "./limits/policies.ts";
export type { PlanDescription } from "./limits/plan-description.ts";
export type { Mode, PlanInput, PlanOptions } from "./limits/plans.ts";
export type { Span } from "./limits/time-zone.ts";

export type { Me, MeLimits, MeTagUsage, MeUsage } from "./me/me.ts";
export type { PaceAdvice } from "./me/pace.ts";
export type { MeResponse } from "./me/respond.ts";
export { ME_OPENAPI } from "./me/openapi.ts";
export type { Usage, KeyNetwork, UsageBucket, UsageGroup, UsageQueryInput } from "./usage/query.ts";
export type { UsageCounts, UsageDimension } from "./usage/usage.ts";
