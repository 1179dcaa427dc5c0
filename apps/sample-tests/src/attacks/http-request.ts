import fc from "fast-check";
import { hostilePath, hostileText, hostileToken, hostileValue } from "./hostile-text.ts";

/** A request before it is written as bytes. Characters stand for bytes. */
interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Changes a request. */
type Change = (request: HttpRequest) => HttpRequest;

const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "PROPFIND",
  "SEARCH",
  "LINK",
];

const PATHS = [
  "/v1/hello",
  "/v1/usage",
  "/v1/reports",
  "/v1/nothing",
  "/healthz",
  "/",
  "/admin/",
  "/admin/api/session",
  "/admin/api/api-keys",
  "/admin/api/api-keys/key_1",
  "/admin/api/audit",
];

const HEADERS = [
  "x-api-key",
  "authorization",
  "content-length",
  "content-type",
  "transfer-encoding",
  "connection",
  "host",
  "origin",
  "access-control-request-method",
  "cookie",
  "expect",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-http-method-override",
  "x-request-id",
  "if-match",
  "if-none-match",
  "range",
  "accept",
  "upgrade",
  "te",
  "trailer",
  "__proto__",
];

const BODIES = [
  "",
  "{}",
  '{"password":"wrong password"}',
  '{"name":"a"}',
  "[".repeat(5000),
  '{"name":',
  "\u0000",
  "5\r\nhello\r\n0\r\n\r\n",
  "ffffffffffffffff\r\n",
];

const typical = (keys: readonly string[]): fc.Arbitrary<HttpRequest> =>
  fc
    .record({
      method: fc.constantFrom("GET", "POST"),
      path: fc.constantFrom(...PATHS),
      key: fc.constantFrom(...keys, ""),
      body: fc.constantFrom("", '{"name":"a"}'),
    })
    .map(({ method, path, key, body }) => ({
      method,
      path,
      headers: [
        ["Host", "localhost"],
        ...(key === "" ? [] : [["X-API-Key", key] as const]),
        ...(body === "" ? [] : [["Content-Type", "application/json"] as const]),
        ...(body === "" ? [] : [["Content-Length", String(body.length)] as const]),
      ],
      body,
    }));

/** Splices hostile text into a text. */
const spliced = (hostile: fc.Arbitrary<string>) =>
  fc
    .tuple(hostile, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(8))
    .map(([text, at, removed]) => (original: string) => {
      const start = 1 + Math.floor(at * original.length);
      return original.slice(0, start) + text + original.slice(start + removed);
    });

const headerName = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...HEADERS) },
  { weight: 2, arbitrary: hostileToken },
);

/** Headers that do not decide where the request ends. */
const VALUE_HEADERS = HEADERS.filter(
  (name) => !["content-length", "transfer-encoding", "connection", "host"].includes(name),
);

const changes = (keys: readonly string[]): fc.Arbitrary<Change> =>
  fc.oneof(
    fc.constantFrom(...METHODS).map((method): Change => (request) => ({ ...request, method })),
    spliced(hostilePath).map((splice): Change => (request) => ({ ...request, path: splice(request.path) })),
    fc
      .constantFrom(
        "*",
        "//",
        "/%",
        "/admin/%00",
        "/admin/../v1/hello",
        "/v1/hello/",
        "/V1/HELLO",
        "/v1%2Fhello",
        "/v1/hello;a=b",
        "/v1/hello?x=1#y",
        "http://evil.example/v1/hello",
        "evil.example:443",
      )
      .map((path): Change => (request) => ({ ...request, path })),
    fc.tuple(fc.constantFrom(...VALUE_HEADERS), hostileValue).map((added): Change => (request) => ({
      ...request,
      headers: [...request.headers, added],
    })),
    fc
      .tuple(
        fc.oneof({ weight: 4, arbitrary: hostileToken }, { weight: 1, arbitrary: headerName }),
        hostileValue,
      )
      .map((added): Change => (request) => ({ ...request, headers: [...request.headers, added] })),
    // A key in a place where it does not belong, or a second time.
    fc
      .tuple(
        fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom(...VALUE_HEADERS) },
          { weight: 1, arbitrary: headerName },
        ),
        fc.constantFrom(...keys),
        fc.constantFrom("", "Bearer ", "ApiKey ", " "),
      )
      .map(([name, key, before]): Change => (request) => ({
        ...request,
        headers: [...request.headers, [name, before + key]],
      })),
    fc.constantFrom(...keys).map((key): Change => (request) => ({
      ...request,
      path: `${request.path}/${key}?key=${key}`,
    })),
    fc
      .tuple(fc.integer({ min: 1, max: 2 }), spliced(hostileValue))
      .map(([index, splice]): Change => (request) => ({
        ...request,
        headers: request.headers.map(([name, value], at) => [name, at === index ? splice(value) : value]),
      })),
    fc.constantFrom(1, 1, 1, 1, 0, 2, 3).map((index): Change => (request) => ({
      ...request,
      headers: request.headers.filter((_header, at) => at !== index),
    })),
    fc.constantFrom(...BODIES).map((body): Change => (request) => ({
      ...request,
      body,
      headers: [
        ...request.headers.filter(([name]) => name !== "Content-Length"),
        ["Content-Length", String(body.length)],
      ],
    })),
    fc
      .constantFrom("5\r\nhello\r\n0\r\n\r\n", "1;ext=1\r\na\r\n0\r\nX-API-Key: a\r\n\r\n")
      .map((body): Change => (request) => ({
        ...request,
        body,
        headers: [
          ...request.headers.filter(([name]) => name !== "Content-Length"),
          ["Transfer-Encoding", "chunked"],
        ],
      })),
  );

/** Changes the bytes of a request: flips, removes, repeats or cuts. */
const damage = fc
  .tuple(
    fc.constantFrom("flip", "remove", "repeat", "cut", "insert"),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 1, max: 60 }),
    hostileText,
  )
  .map(([kind, at, length, text]) => (bytes: string) => {
    const start = Math.floor(at * bytes.length);
    const [before, part, after] = [
      bytes.slice(0, start),
      bytes.slice(start, start + length),
      bytes.slice(start + length),
    ];
    if (kind === "cut") return before;
    if (kind === "remove") return before + after;
    if (kind === "repeat") return before + part.repeat(3) + after;
    if (kind === "insert") return before + text + part + after;
    const flipped = String.fromCharCode((part.charCodeAt(0) || 0) ^ (1 << (length % 8)));
    return before + flipped + part.slice(1) + after;
  });

function toBytes({ method, path, headers, body }: HttpRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, "", body].join("\r\n");
}

/** Mutated requests, as text whose characters stand for bytes. Most of them have the form of HTTP. */
export function hostileRequest(keys: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      typical(keys),
      fc.array(changes(keys), { minLength: 1, maxLength: 3 }),
      fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: damage }),
    )
    .map(([request, each, damaging]) => {
      const bytes = toBytes(each.reduce((changed, change) => change(changed), request));
      return damaging === undefined ? bytes : damaging(bytes);
    });
}
