import type { ApiKey } from "../keys/record.ts";

interface Told {
  /**
   * The same for the same thing, in whichever process and however often it is told: who is told twice can know it.
   */
  readonly id: string;
  readonly at: Date;
}

/** Something that somebody may want to know of at once. */
export type Alert =
  /** So many percent of a day are used. */
  | (Told & {
      readonly type: "daily-quota";
      readonly key: ApiKey;
      readonly percent: number;
      readonly used: number;
      readonly limit: number;
    })
  /** A key is used from a network that it was not used from before: an IPv4 /24, or an IPv6 /56. */
  | (Told & {
      readonly type: "new-address-range";
      readonly key: ApiKey;
      readonly ip: string;
      readonly range: string;
    })
  /** Somebody still has a key that was revoked. */
  | (Told & { readonly type: "revoked-key-used"; readonly key: ApiKey; readonly ip: string })
  /** Far more requests than usual come without a valid key. */
  | (Told & { readonly type: "failed-attempts-spike"; readonly count: number; readonly windowMs: number });
