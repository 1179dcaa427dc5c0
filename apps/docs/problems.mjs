// The page of each problem. A test compares it with the core's responses.

const urn = (code) => `urn:keyward:problem:${code}`;
const IANA = "https://iana.org/assignments/http-problem-types#";
const RETRY =
  "Wait as long as `Retry-After` says, then try again. [`@keyward/client`](/generated/packages/client) does it for you.";

export const PROBLEMS = {
  "https-required": {
    status: 403,
    title: "HTTPS required",
    type: urn("https-required"),
    meaning:
      "The server received the request over plain HTTP. It looked nothing up and does not redirect: a client that is redirected has already sent its key unencrypted, and would do so again.",
    client:
      "Call the `https://` address. If your key was sent over plain HTTP, others may have read it: rotate it.",
    operator:
      'If the request did use HTTPS, the framework does not trust the proxy in front of it: [configure the proxy](/guides/behind-a-proxy). `onPlaintextKey: "revoke"` revokes active keys that were certainly sent unencrypted. For local work, use `requireHttps: { allowLoopback: true }`.',
  },
  "missing-api-key": {
    status: 401,
    title: "API key required",
    type: urn("missing-api-key"),
    meaning:
      "The request has no key in any of the places that `keyFrom` lists. Keys are never read from the URL.",
    client: "Send the key as `WWW-Authenticate` describes.",
    operator:
      "After twenty of these per minute from one address, it gets [`too-many-failed-attempts`](./too-many-failed-attempts). To admit requests without a key, use [`anonymous`](/guides/anonymous-traffic).",
  },
  "invalid-api-key": {
    status: 401,
    title: "Invalid API key",
    type: urn("invalid-api-key"),
    meaning:
      "The request does not contain exactly one valid key: it is malformed, forged, unknown, sent twice, empty, or over 256 bytes. All of these get the same response, so that clients do not learn which keys exist.",
    client:
      "Check that you copied the whole key, once, without spaces or line breaks, and that it belongs to this API.",
    operator:
      "If a key that you issued gets this response, the server has another `secret` than the one that the key was created under. `keyward doctor` reports it.",
  },
  "revoked-api-key": {
    status: 401,
    title: "API key revoked",
    type: urn("revoked-api-key"),
    meaning: "The key is genuine and was revoked. Only a request with the genuine key gets this response.",
    client: "A revoked key cannot be used again. Create a new key, or use its successor.",
    operator:
      "The audit log says who revoked the key, when and from where. Further use of it raises an [alert](/generated/packages/core#observability).",
  },
  "expired-api-key": {
    status: 401,
    title: "API key expired",
    type: urn("expired-api-key"),
    meaning: "The key's expiry has passed, or the overlap after its rotation has ended.",
    client: "Use its successor, or create a new key.",
    operator: "An expired key can get a later `expiresAt`. A key that was rotated ends with its overlap.",
  },
  "paused-api-key": {
    status: 401,
    title: "API key paused",
    type: urn("paused-api-key"),
    meaning: "The key or its owner is paused. Only a request with the genuine key gets this response.",
    client: "Contact the provider of the API. The key works again once it is resumed.",
    operator: "`kw.keys.resume(id)` or `kw.owners.resume(ownerId)`. The audit log has the reason.",
  },
  "wrong-environment": {
    status: 401,
    title: "API key for another environment",
    type: urn("wrong-environment"),
    meaning:
      "The key belongs to another environment, such as a test key on a production API. A key begins with its environment.",
    client: "Use a key of this environment.",
    operator: "`environments` lists the ones that a server accepts.",
  },
  "address-not-allowed": {
    status: 403,
    title: "Address not allowed",
    type: urn("address-not-allowed"),
    meaning:
      "The key or its owner is restricted to certain addresses, and the request came from another one. Nothing was counted.",
    client: "Send the request from an allowed network, or have the list changed.",
    operator:
      "`allowedAddresses` of the key or the owner. If all requests seem to come from your proxy, [configure the proxy](/guides/behind-a-proxy).",
  },
  "insufficient-scope": {
    status: 403,
    title: "Insufficient scope",
    type: urn("insufficient-scope"),
    meaning: "The key is valid but does not have the scopes in `required-scopes`. Nothing was counted.",
    client: "Ask for a key with these scopes.",
    operator:
      "Change scopes in the console, or with `kw.keys.update(id, { scopes })`. The key stays the same.",
  },
  "rate-limit-exceeded": {
    status: 429,
    title: "Rate limit exceeded",
    type: `${IANA}quota-exceeded`,
    meaning:
      "The request exceeds a limit of the key, its owner or a budget. `violated-policies` names them, such as `burst`, `daily` or `owner-monthly`. The refused request cost nothing, and neither do early retries.",
    client: `${RETRY} With \`pace: true\`, it stays below the limit by itself.`,
    operator:
      'Give the key or the owner its own limits or another plan. To introduce limits on a live API, use `mode: "observe"`: it counts and reports what would be refused, and admits it.',
  },
  "cost-exceeds-limits": {
    status: 429,
    title: "Cost exceeds limits",
    type: urn("cost-exceeds-limits"),
    meaning:
      "The request costs more than its limits ever admit. There is no `Retry-After`, because waiting does not help.",
    client: "Request less at once, or ask for higher limits.",
    operator:
      "The `cost` of a route must not exceed the `burst` and the quotas of the plans that may use it.",
  },
  "too-many-failed-attempts": {
    status: 429,
    title: "Too many failed attempts",
    type: `${IANA}abnormal-usage-detected`,
    meaning:
      "Too many requests without a valid key came from this address. Requests with a valid key are still accepted.",
    client: `Correct the key first. ${RETRY}`,
    operator:
      "Failed attempts are counted per IPv4 address and IPv6 /56, 20 per minute (`failedAttempts`). If all clients share one count, the server sees the address of its proxy: [configure the proxy](/guides/behind-a-proxy).",
  },
  "key-store-unavailable": {
    status: 503,
    title: "API key cannot be verified",
    type: urn("key-store-unavailable"),
    meaning: "The key could not be looked up. It may be valid, so the response is never 401.",
    client: `Keep the key. ${RETRY}`,
    operator:
      "The database does not respond. Keys that were looked up before work for five more minutes (`cache.staleForMs`). `store.failed` and `kw.health()` report it.",
  },
  "limiter-unavailable": {
    status: 503,
    title: "Rate limits cannot be checked",
    type: urn("limiter-unavailable"),
    meaning: "The request could not be counted, and the server refuses what it cannot count.",
    client: RETRY,
    operator:
      'Redis does not respond, and `onUnavailable` is `"refuse"` or the process has never reached Redis. Also: a `memoryLimiter` whose `maxSubjects` are all in use.',
  },
};

/** The same for the console's admin API, where the code is not that of a KeywardError. */
export const ADMIN_PROBLEMS = {
  "cross-origin": {
    status: 403,
    title: "Cross-site request",
    meaning:
      "The browser reports that a page of another site caused the request (`Sec-Fetch-Site`, or `Origin` in older browsers). Nothing was done: other sites must not use the session of a visitor.",
    fix: "Use the console's own page, or a program that is not a browser. A proxy must forward the `Host` that the browser requested.",
  },
  "sign-in-required": {
    status: 401,
    title: "Sign-in required",
    meaning: "`authorize` returned no principal: no user is signed in, or the session has ended.",
    fix: "Sign in: `signIn` in the body is `password`, or the URL of your sign-in.",
  },
  "wrong-password": {
    status: 401,
    title: "Wrong password",
    meaning: "The password is not the one that the server was started with.",
    fix: "The operator of the server sets it: `password` or `passwordHash` of `passwordSignIn`. A new password ends all sessions.",
  },
  "too-many-attempts": {
    status: 429,
    title: "Too many attempts",
    meaning:
      "There were ten sign-in attempts from this address within 15 minutes, or 100 from all addresses, or as many as `attempts` allows.",
    fix: "Wait for `Retry-After`. A browser that has signed in before is limited separately.",
  },
  "not-found": {
    status: 404,
    title: "Not found",
    meaning: "The admin API has no such route. A key that does not exist is `key-not-found`.",
    fix: "`api/openapi.json`, below the path of the console, lists the routes.",
  },
  "method-not-allowed": {
    status: 405,
    title: "Method not allowed",
    meaning: "The address exists, but does not support the method of the request.",
    fix: "Use one of the methods in `Allow`.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "Unsupported media type",
    meaning: "The body is not JSON.",
    fix: "Send `Content-Type: application/json`.",
  },
  "too-large": {
    status: 413,
    title: "Body too large",
    meaning: "The body has more than 64 KB.",
    fix: "Metadata can have 8 KB; no other field comes near the limit.",
  },
  "internal-error": {
    status: 500,
    title: "Internal error",
    meaning:
      "The server failed unexpectedly. Its log has the stack, as a warning `KEYWARD_CONSOLE`; the response does not.",
    fix: "Read the [warning](/generated/errors/console#keyward_console).",
  },
};
