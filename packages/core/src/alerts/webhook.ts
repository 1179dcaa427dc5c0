import { createHmac } from "node:crypto";
import { unescape } from "node:querystring";
import { ExponentialBackoff, handleAll, retry } from "cockatiel";
import { optionError, rejectOption } from "../option-error.ts";
import { warn } from "../warn.ts";
import type { Alert } from "./alert.ts";

/** An endpoint that receives alerts. */
export interface WebhookOptions {
  /** An `https:` address, or one of this machine. */
  readonly url: string;
  /** The signing secret: at least 24 bytes, as text or, after `whsec_`, as base64. */
  readonly secret: string | undefined;
  /** Total attempts, with increasing delays between them. Default: 6. */
  readonly maxAttempts?: number;
  /** Time limit of an attempt in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number;
}

export interface Webhook {
  send(alert: Alert): void;
  close(): Promise<void>;
}

const MIN_SECRET_BYTES = 24;
/** The queue is bounded: an endpoint that does not respond must not exhaust the memory. */
const MAX_WAITING = 1000;
const CLOSE_MS = 10_000;

/**
 * Sends alerts one by one, signed as Standard Webhooks describes (`webhook-id`, `webhook-timestamp`,
 * `webhook-signature`), and retries until a response is a success.
 */
export function createWebhook({ url, secret, maxAttempts = 6, timeoutMs = 10_000 }: WebhookOptions): Webhook {
  const key = keyOf(secret);
  const { address, authorization } = targetOf(url);
  const closing = new AbortController();
  const waiting = new Set<Promise<void>>();
  const attempts = retry(handleAll, {
    maxAttempts: maxAttempts - 1,
    backoff: new ExponentialBackoff({ initialDelay: 500, maxDelay: 60_000 }),
  });
  let dropped = false;

  async function deliver(alert: Alert): Promise<void> {
    const { id, at, ...data } = alert;
    const type = `keyward.${alert.type}`;
    const body = JSON.stringify({ type, timestamp: at.toISOString(), data });
    await attempts.execute(async ({ signal }) => {
      // Signed again for each attempt: receivers reject old timestamps.
      const timestamp = Math.floor(Date.now() / 1000);
      const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
      const response = await fetch(address, {
        method: "POST",
        headers: {
          ...authorization,
          "content-type": "application/json",
          "webhook-id": id,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": `v1,${signature}`,
        },
        body,
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`${address.origin} answered ${response.status}.`);
    }, closing.signal);
  }

  return {
    send(alert) {
      if (waiting.size >= MAX_WAITING) {
        if (!dropped) warnOfAlerts("more alerts wait than can be kept; those that come now are dropped.");
        dropped = true;
        return;
      }
      dropped = false;
      const sent = deliver(alert)
        .catch((error: unknown) => warnOfAlerts(`${alert.id} could not be sent: ${String(error)}`))
        .finally(() => waiting.delete(sent));
      waiting.add(sent);
    },
    async close() {
      const forceful = setTimeout(() => closing.abort(), CLOSE_MS);
      await Promise.all(waiting);
      clearTimeout(forceful);
    },
  };
}

function warnOfAlerts(message: string): void {
  warn("KEYWARD_WEBHOOK", `Keyward's webhook: ${message}`);
}

/** The URL without credentials, and its user and password as a header: `fetch` rejects credentials in a URL. */
function targetOf(url: unknown): { readonly address: URL; readonly authorization: Record<string, string> } {
  const address = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  const isLocal = /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(address?.hostname ?? "");
  if (address?.protocol !== "https:" && !(address?.protocol === "http:" && isLocal)) {
    rejectOption("webhook.url", url, "an https URL");
  }
  const { username, password } = address;
  if (username === "" && password === "") return { address, authorization: {} };
  address.username = "";
  address.password = "";
  const credentials = `${unescape(username)}:${unescape(password)}`;
  return {
    address,
    authorization: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` },
  };
}

function keyOf(secret: unknown): Buffer {
  const text = typeof secret === "string" ? secret : "";
  const key = text.startsWith("whsec_")
    ? Buffer.from(text.slice("whsec_".length), "base64")
    : Buffer.from(text);
  if (key.length >= MIN_SECRET_BYTES) return key;
  throw optionError("webhook.secret", `at least ${MIN_SECRET_BYTES} bytes`, String(key.length));
}
