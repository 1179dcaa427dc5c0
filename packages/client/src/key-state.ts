import { ClientError } from "./errors.ts";

/** Usage since a time. */
export interface KeyUsage {
  /** ISO 8601. */
  readonly since: string;
  readonly admitted: number;
  readonly cost: number;
  readonly refused: number;
  /** Refused requests by policy. */
  readonly refusedBy: Readonly<Record<string, number>>;
  /** By tag. Without `tag`: requests without one. */
  readonly tags: readonly {
    readonly tag?: string;
    readonly admitted: number;
    readonly cost: number;
    readonly refused: number;
  }[];
}

/** Limits and what they leave. */
export interface KeyLimits {
  /** The limits in force, such as `{ rate: 200, burst: 500, daily: 2000 }`. */
  readonly limits: Readonly<Record<string, unknown>>;
  /** Whole requests that each policy would admit now. */
  readonly remaining: Readonly<Record<string, number>>;
  /** Seconds until each policy is whole again if nothing else comes. */
  readonly resetSeconds: Readonly<Record<string, number>>;
}

/** The state of a key, as `GET <base>/me` returns it. */
export interface KeyState extends KeyLimits {
  readonly key: {
    readonly id: string;
    readonly name: string;
    readonly masked: string;
    readonly environment: string;
    readonly scopes: readonly string[];
    /** ISO 8601. */
    readonly createdAt: string;
    /** ISO 8601. Absent for a key that does not expire. */
    readonly expiresAt?: string;
    /** True if another key has replaced it, so that it ends at `expiresAt`. */
    readonly isRotated: boolean;
  };
  readonly plan: string;
  /** Usage in the current UTC day and month. Absent while the server cannot read it. */
  readonly usage?: {
    readonly today: KeyUsage;
    readonly month: KeyUsage;
    /** The refusals of yesterday that an even pace would have avoided. Absent where there were none. */
    readonly yesterday?: {
      readonly day: string;
      readonly refusedByPace: number;
      readonly avoidable: number;
      readonly requestsPerSecond: number;
      readonly refusedByQuota: number;
    };
  };
  /** All keys of the owner together, where the server includes them. */
  readonly owner?: KeyLimits & {
    readonly id: string;
    readonly usage?: { readonly today: KeyUsage; readonly month: KeyUsage };
  };
}

/** Reads the response to `GET <base>/me`. */
export async function readKeyState(response: Response): Promise<KeyState> {
  const body = (await response.json().catch(() => null)) as KeyState | null;
  if (response.ok && body?.key) return body;
  throw new ClientError(
    "unexpected-response",
    `GET me must return the state of the key; got ${response.status}.`,
  );
}
