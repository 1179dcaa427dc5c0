export type { StoredAuditEvent, UnsignedAuditEvent } from "../audit/audit-event.ts";
export type { AuditChain, AuditCheckpoint, AuditHead, LinkedAuditEvent } from "../audit/chain.ts";
export { foldCase } from "../keys/listing.ts";
export type { KeyChange, KeyRecord, OwnFields, PauseFields } from "../keys/record.ts";
export type { PeriodCount } from "../limits/limiter.ts";
export type { Period } from "../limits/periods.ts";
export type { SessionExtension, SessionRecord } from "../sessions/session.ts";
export { newOwner, type OwnerChange, type OwnerRecord } from "../owners/owner.ts";
export type {
  LastUse,
  NetworkUse,
  UsageCount,
  UsageDimensions,
  UsageRow,
  UsageSelection,
} from "../usage/usage.ts";
export type { AuditFilter, AuditPage, AuditStore } from "./audit-store.ts";
export type { CountStore } from "./count-store.ts";
export type {
  ChangeGuard,
  ChangeOutcome,
  InsertBounds,
  InsertOutcome,
  KeyFilter,
  KeyListPage,
  KeyOrder,
  KeyStore,
  KeyWithOwner,
  OwnerChangeOutcome,
  OwnerListPage,
  Replacement,
  StoreChange,
} from "./key-store.ts";
export type { SecretStore } from "./secret-store.ts";
export { MAX_LISTED_SESSIONS, type SessionStore } from "./session-store.ts";
export type { Store } from "./store.ts";
export type { ClaimStore } from "./claim-store.ts";
export {
  MAX_NETWORKS,
  NETWORK_STEP_MS,
  type TagBounds,
  type TagOwner,
  type UsageAge,
  type UsageBatch,
  type UsageStore,
} from "./usage-store.ts";
