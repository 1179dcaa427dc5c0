// A page for each problem: what it means to those on either side of it. The test holds it against what the core answers.

const urn = (code) => `urn:keyward:problem:${code}`;
const IANA = "https://iana.org/assignments/http-problem-types#";
const RETRY =
  "Wait as long as `Retry-After` says, then try again. [`@keyward/client`](/generated/packages/client) does it for you.";

export const PROBLEMS = {
  "https-required": {
    status: 403,
    title: "HTTPS is required",
    type: urn("https-required"),
    meaning:
      "The request came over plain HTTP. Nothing was looked up, and there is no redirect: a client that is redirected has already sent its key in clear, and would do so again.",
    client:
      "Call the `https://` address. A key that went over plain HTTP may have been read on the way: have it replaced.",
    operator:
      'If the request did come over HTTPS, the framework does not know: [tell it which proxy to trust](/production/proxies). `onPlaintextKey: "revoke"` revokes live keys that provably came in clear. For local work there is `requireHttps: { allowLoopback: true }`.',
  },
  "missing-api-key": {
    status: 401,
    title: "An API key is required",
    type: urn("missing-api-key"),
    meaning:
      "The request has no `x-api-key` header (or whatever `header` names). Keys are never read from the address.",
    client: "Send the key in the header that `WWW-Authenticate` names.",
    operator:
      "Twenty of these a minute from one client, and it is answered [`too-many-failed-attempts`](./too-many-failed-attempts).",
  },
  "invalid-api-key": {
    status: 401,
    title: "The API key is not valid",
    type: urn("invalid-api-key"),
    meaning:
      "The header holds no key of this API: malformed, made up, unknown, sent twice, empty, or over 256 bytes. All of these are told the same, so that nobody learns which keys exist.",
    client:
      "Check that the whole key was copied, once, without spaces or line breaks, and that it belongs to this API.",
    operator:
      "If a key that you issued gets this, the server has another `secret` than the one it was made under. `keyward doctor` tells.",
  },
  "revoked-api-key": {
    status: 401,
    title: "The API key was revoked",
    type: urn("revoked-api-key"),
    meaning:
      "The key was real and has been revoked, deleted or regenerated. Only who holds the real key is told so.",
    client: "A revoked key never comes back. Create a new one, or use the one that replaced it.",
    operator:
      "The audit trail says who revoked it, when, and from where. Somebody who still tries it raises an [alert](/generated/packages/core#what-operators-see).",
  },
  "expired-api-key": {
    status: 401,
    title: "The API key has expired",
    type: urn("expired-api-key"),
    meaning: "The key's time is over, or the overlap after its rotation is.",
    client: "Use the key that replaced it, or create a new one.",
    operator:
      "A key that only expired can be given a later `expiresAt`; one that was rotated ends with its overlap.",
  },
  "wrong-environment": {
    status: 401,
    title: "The API key is for another environment",
    type: urn("wrong-environment"),
    meaning:
      "A test key on a production API, or the other way round. The beginning of a key says which it is for.",
    client: "Use the key of this environment.",
    operator: "`environments` says which ones a server accepts.",
  },
  "insufficient-scope": {
    status: 403,
    title: "The API key lacks a scope",
    type: urn("insufficient-scope"),
    meaning:
      "The key is valid but may not do this. `required-scopes` names what it would need. Nothing was counted.",
    client: "Ask for a key with these scopes.",
    operator:
      "Scopes are changed in the console, or with `kw.keys.update(id, { scopes })`; the key stays the same.",
  },
  "rate-limit-exceeded": {
    status: 429,
    title: "Rate limit exceeded",
    type: `${IANA}quota-exceeded`,
    meaning:
      "The key has reached a limit. `violated-policies` names which: `sustained`, `burst` or `daily`. The refused request cost nothing, and trying again early costs nothing either.",
    client: `${RETRY} With \`pace: true\` it keeps under the limit by itself. When \`daily\` is spent, wait for 00:00 UTC.`,
    operator:
      'Give the key limits of its own, or another plan. `mode: "observe"` counts and reports what would be refused, and admits: the way to introduce limits on a live API.',
  },
  "cost-exceeds-limits": {
    status: 429,
    title: "The request costs more than the limits allow",
    type: urn("cost-exceeds-limits"),
    meaning:
      "One request costs more than the key could ever spend at once. There is no `Retry-After`: no wait would help.",
    client: "Ask for less at once, or for higher limits.",
    operator: "A route's `cost` must not be above the `burst` or the `daily` of the plans that may use it.",
  },
  "too-many-failed-attempts": {
    status: 429,
    title: "Too many failed attempts",
    type: `${IANA}abnormal-usage-detected`,
    meaning:
      "Too many requests from this network address came without a valid key. Valid keys from the same address still pass.",
    client: `Correct the key first. ${RETRY}`,
    operator:
      "Counted by IPv4 address and IPv6 /56, 20 a minute (`failedAttempts`). If all clients share one count, the server sees its proxy's address: [tell it which proxy to trust](/production/proxies).",
  },
  "key-store-unavailable": {
    status: 503,
    title: "Keys cannot be checked now",
    type: urn("key-store-unavailable"),
    meaning: "The key could not be looked up. It may well be valid, so this is never a 401.",
    client: `Keep the key. ${RETRY}`,
    operator:
      "The database does not answer. Keys that were looked up before go on for five minutes (`cache.staleForMs`). `store.failed` and `kw.health()` tell.",
  },
  "limiter-unavailable": {
    status: 503,
    title: "Limits cannot be checked now",
    type: urn("limiter-unavailable"),
    meaning: "The request could not be counted, and the server is set to refuse what it cannot count.",
    client: RETRY,
    operator:
      'Redis does not answer and `onUnavailable` is `"refuse"`; with `"local"`, the default, the process counts by itself meanwhile. A `memoryLimiter` whose `maxSubjects` are all in use answers so too.',
  },
};

/** The same for the console's admin API, where the code is not that of a KeywardError. */
export const ADMIN_PROBLEMS = {
  "cross-origin": {
    status: 403,
    title: "Asked from another site",
    meaning:
      "A browser says that another site's page made it send the request (`Sec-Fetch-Site`, or `Origin` in an older one). Nothing was done: it is how a page elsewhere would use somebody's session.",
    fix: "Use the console's own page, or a program that is no browser. A proxy in front has to hand on the `Host` that the browser asked for.",
  },
  "sign-in-required": {
    status: 401,
    title: "Sign in first",
    meaning: "`authorize` knows nobody by this request: nobody is signed in, or the session has ended.",
    fix: "Sign in: `signIn` in the body is `password`, or the address of your own sign-in.",
  },
  "wrong-password": {
    status: 401,
    title: "The password is wrong",
    meaning: "It is not the password that the server was started with.",
    fix: "Whoever runs the server sets it: `password` or `passwordHash` of `passwordSignIn`. A change ends all sessions.",
  },
  "too-many-attempts": {
    status: 429,
    title: "Too many attempts",
    meaning:
      "This address has tried ten passwords within a quarter of an hour, or as many as `attempts` allows.",
    fix: "Wait as long as `Retry-After` says.",
  },
  "not-found": {
    status: 404,
    title: "Not found",
    meaning: "The admin API has no such route. A key that is not there is `key-not-found`.",
    fix: "`api/openapi.json`, below where the console is mounted, lists the routes.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "Only JSON is read",
    meaning: "The body was sent as something else than JSON.",
    fix: "Send `Content-Type: application/json`.",
  },
  "too-large": {
    status: 413,
    title: "Too much was sent",
    meaning: "The body has more than 64 KB.",
    fix: "Metadata may have 8 KB; nothing else that a key has comes near the limit.",
  },
  "internal-error": {
    status: 500,
    title: "Something went wrong",
    meaning:
      "The server failed in a way that it did not expect. Its log has the stack, as a warning `KEYWARD_CONSOLE`; the answer has not.",
    fix: "Read the [warning](/generated/errors/console/KEYWARD_CONSOLE).",
  },
};
