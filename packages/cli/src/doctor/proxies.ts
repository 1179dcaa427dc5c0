import { randomInt } from "node:crypto";
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { ok, problem, warning, type Finding } from "./finding.ts";

const TIMEOUT_MS = 10_000;
const MAX_BODY_CHARACTERS = 65_536;
/** More than the failed attempts that are allowed by default. */
const PROBES = 25;

interface ProbeResponse {
  readonly status: number;
  readonly code: string | undefined;
  readonly location: string | undefined;
}

export interface ProxyChecks {
  /** A route that requires a key. */
  readonly url: URL;
  /** The URL to try over plain HTTP. Default: port 80 of the same host. */
  readonly plainUrl?: URL;
  /** A certificate authority to trust, as PEM, if no public one signed the certificate. */
  readonly ca?: string;
  /** Also check whether the application trusts forged client addresses, with about 25 failed attempts. */
  readonly probeAddress: boolean;
}

/** Checks how the application sees requests that come through its proxies. */
export async function checkProxies({ url, plainUrl, ca, probeAddress }: ProxyChecks): Promise<Finding[]> {
  if (url.protocol !== "https:") {
    return [problem("proxies", `${url.href} is not an https URL`, "pass the URL that customers use")];
  }
  const ask = (headers: Record<string, string>, over: URL = url) => send(over, headers, ca);
  let overHttps: ProbeResponse;
  try {
    overHttps = await ask({});
  } catch (error) {
    const message = `${url.host} does not respond: ${error instanceof Error ? error.message : String(error)}`;
    return [problem("https", message, "check the address and its certificate; --ca names one to trust")];
  }
  const findings = [judgeHttps(overHttps), await judgePlain(ask, plainUrl ?? plainOf(url))];
  if (probeAddress && findings[0]?.verdict === "ok") findings.push(await judgeAddress(ask));
  return findings;
}

function judgeHttps({ status, code }: ProbeResponse): Finding {
  if (code === "https-required") {
    return problem(
      "proxies",
      "the application sees an HTTPS request as plain HTTP, and refuses every key",
      'make it trust its proxy (Express "trust proxy", Koa app.proxy, Fastify trustProxy), and make the proxy send X-Forwarded-Proto',
    );
  }
  if (code === "missing-api-key") return ok("https", "is recognized; a request without a key is refused");
  if (code === "too-many-failed-attempts") return ok("https", "is recognized");
  return problem(
    "https",
    `a request without a key got ${status}${code === undefined ? "" : ` (${code})`} instead of 401 (missing-api-key)`,
    "pass the URL of a route that requires a key, or protect this route",
  );
}

/** The same route over plain HTTP, on its default port. */
function plainOf(url: URL): URL {
  const plain = new URL(url);
  plain.protocol = "http:";
  plain.port = "80";
  return plain;
}

/** Plain HTTP must be refused, even if the client claims to use HTTPS. */
async function judgePlain(
  ask: (headers: Record<string, string>, over: URL) => Promise<ProbeResponse>,
  plain: URL,
): Promise<Finding> {
  let answer: ProbeResponse;
  try {
    answer = await ask(
      { "x-forwarded-proto": "https", forwarded: "proto=https", "x-forwarded-ssl": "on" },
      plain,
    );
  } catch {
    return ok("plain http", `${plain.host} does not respond`);
  }
  if (answer.code === "https-required") return ok("plain http", "is refused, even with forged headers");
  if (answer.status >= 300 && answer.status < 400) {
    return warning(
      "plain http",
      `is redirected to ${answer.location ?? "another URL"}, so clients keep sending their keys over plain HTTP first`,
      "respond with 403 instead, so that developers notice",
    );
  }
  if (answer.code === undefined) {
    return warning(
      "plain http",
      `got ${answer.status}, and not from Keyward`,
      "make sure that plain HTTP does not reach the API",
    );
  }
  return problem(
    "plain http",
    "the application trusts a client that sends X-Forwarded-Proto: https, and accepts its key over plain HTTP",
    "make the application trust only its proxy's address, and make the proxy overwrite that header",
  );
}

/** Failed attempts are limited per address. A client that is never limited has a new address each time. */
async function judgeAddress(
  ask: (headers: Record<string, string>) => Promise<ProbeResponse>,
): Promise<Finding> {
  for (let attempt = 0; attempt < PROBES; attempt += 1) {
    const address = `198.51.100.${randomInt(1, 255)}`;
    const { code } = await ask({
      "x-api-key": "invalid",
      "x-forwarded-for": address,
      forwarded: `for=${address}`,
    });
    if (code === "too-many-failed-attempts") return ok("addresses", "are not taken from forged headers");
  }
  return problem(
    "addresses",
    "the application trusts a forged X-Forwarded-For, so attempts to guess keys are not limited",
    `make the application trust only its proxy (a number of hops, or its address); ignore this if failedAttempts is off or above ${PROBES}`,
  );
}

function send(url: URL, headers: Record<string, string>, ca: string | undefined): Promise<ProbeResponse> {
  return new Promise((resolve, reject) => {
    const options = { headers, timeout: TIMEOUT_MS, agent: false as const };
    const request =
      url.protocol === "https:"
        ? requestHttps(url, { ...options, ...(ca !== undefined && { ca }) })
        : requestHttp(url, options);
    request.once("timeout", () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    request.once("error", reject);
    request.once("response", (response) => {
      read(response).then(resolve, reject);
    });
    request.end();
  });
}

async function read(response: IncomingMessage): Promise<ProbeResponse> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_BODY_CHARACTERS) response.destroy();
  }
  return { status: response.statusCode ?? 0, code: codeOf(text), location: response.headers.location };
}

function codeOf(body: string): string | undefined {
  try {
    const { code } = JSON.parse(body) as { code?: unknown };
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
}
