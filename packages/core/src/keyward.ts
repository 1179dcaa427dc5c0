import type { Decision } from "./admission/decision.ts";
import type { AdmissionRequest } from "./admission/request.ts";
import type { AuditLog } from "./audit/audit-log.ts";
import type { Configuration } from "./configuration.ts";
import type { KeywardEvents } from "./events.ts";
import type { Health, HealthOptions } from "./health.ts";
import type { KeyLifecycle } from "./keys/lifecycle.ts";
import type { ApiKey } from "./keys/record.ts";
import type { Leaks } from "./leaks/leaks.ts";
import type { LimitsControl, Quota } from "./limits/limits-control.ts";
import type { Mode } from "./limits/plans.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { MeResponse } from "./me/respond.ts";
import type { Names } from "./names.ts";
import type { Owners } from "./owners/owners.ts";
import type { Access } from "./permissions/access.ts";
import type { Principal } from "./permissions/permissions.ts";
import type { Sessions } from "./sessions/sessions.ts";
import type { Usage } from "./usage/query.ts";

/**
 * One server's keys and limits.
 *
 * @typeParam N the names that its options define
 */
export interface Keyward<N extends Names = Names> {
  /** Decides about a request: synchronously where nothing has to be awaited. */
  admit(request: AdmissionRequest): MaybePromise<Decision>;
  /**
   * Responds to `GET <base>/me`: the state of the key that the request presents, as {@link Me}. Adapters mount it. It counts in `sustained`
   * and `burst`, not in quotas.
   */
  me(request: AdmissionRequest): Promise<MeResponse>;
  readonly keys: KeyLifecycle<N>;
  readonly owners: Owners<N>;
  readonly usage: Usage;
  readonly audit: AuditLog;
  readonly limits: LimitsControl;
  readonly sessions: Sessions;
  readonly leaks: Leaks;
  readonly events: KeywardEvents;
  configuration(): Configuration;
  /** The state of a key's limits. Counts nothing. */
  quota(key: Pick<ApiKey, "id">): Promise<Quota>;
  /**
   * The resources that a principal can access, within its permissions. The console and self-service routes act by it alone.
   *
   * @throws KeywardError `invalid-option` for a principal with a mistake
   */
  as(principal: Principal): Access;
  /**
   * A key for another purpose, derived from the deployment's secret: 32 bytes as base64url, the same in all processes. It changes with the
   * secret, and reveals nothing about it or about keys for other purposes.
   */
  deriveKey(purpose: string): string;
  /** Switches between enforcing and observing limits, for the server or for one plan. */
  setMode(mode: Mode, options?: { readonly plan?: N["plan"] | undefined }): void;
  /** The names as types. There is no such field. */
  readonly names?: N;
  /**
   * Claims a name until a time, in the store. Returns whether this call is the first: among all processes exactly one is. For work that is
   * to be done once, such as a daily export.
   *
   * Rejects with `invalid-input`, or a `store-…` code.
   */
  claim(name: string, until: Date): Promise<boolean>;
  /** The state of the store and the limiter, why it is bad, and since when. Never rejects, and takes less than 2 seconds. */
  health(options?: HealthOptions): Promise<Health>;
  /**
   * Stores the usage and the counts that were gathered since the last time, which otherwise happens within half a second. For runtimes that
   * freeze between requests.
   */
  flush(): Promise<void>;
  /**
   * Settles when the store was checked: it was made under this secret. Requests that come earlier wait for it; after a mismatch they get
   * 503, and every other call rejects.
   *
   * Rejects with a `KeywardError` `secret-mismatch`.
   */
  ready(): Promise<void>;
  /** Stores what was gathered, and releases all handles, those of the store and the limiter included. */
  close(): Promise<void>;
}
