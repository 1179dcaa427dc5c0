import { createHmac } from "node:crypto";
import { unescape } from "node:querystring";
import { ExponentialBackoff, handleAll, retry } from "cockatiel";
import { optionError, rejectOption } from "../option-error.ts";
import { warn } from "../warn.ts";
import type { Alert } from "./alert.ts";

/** Where alerts are sent. */
export interface WebhookOptions {
  /** An `https:` address, or one of this machine. */
  readonly url: string;
  /** What signatures are made with: at least 24 bytes, as text or, after `whsec_`, as base64. */
  readonly secret: string | undefined;
  /** Attempts in all, with longer and longer waits between them; 6 if left out. */
  readonly maxAttempts?: number;
  /** How long an attempt may take; 10 s if left out. */
  readonly timeoutMs?: number;
}

export interface Webhook {
  send(alert: Alert): void;
  close(): Promise<void>;
}

const MIN_SECRET_BYTES = 24;
/** What waits to be sent is bounded: an address that does not answer must not fill the memory. */
const MOST_WAITING = 1000;
const CLOSE_MS = 10_000;

/**
 * Sends alerts one by one, signed as Standard Webhooks describes (`webhook-id`, `webhook-timestamp`,
 * `webhook-signature`), and tries again until an answer is a success.
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
      // Signed anew for each attempt: receivers refuse old times.
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
      if (waiting.size >= MOST_WAITING) {
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

/** Where to send, and the user and password of the URL as a header: `fetch` takes neither within a URL. */
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
