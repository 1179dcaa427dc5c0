import { randomInt } from "node:crypto";
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { ok, problem, warning, type Finding } from "./finding.ts";

const TIMEOUT_MS = 10_000;

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly location: string | undefined;
}

export interface ProxyChecks {
  /** Of a route that asks for a key. */
  readonly url: URL;
  /** Where plain HTTP might be answered; the same host's port 80 if left out. */
  readonly plainUrl?: URL;
  /** A PEM file's text, for a certificate that no public authority has signed. */
  readonly ca?: string;
  /** Find out by failing on purpose, some two dozen times, whether the application believes made-up addresses. */
  readonly probeAddress: boolean;
}

/** How does the application see a request that came through its proxies? */
export async function checkProxies({ url, plainUrl, ca, probeAddress }: ProxyChecks): Promise<Finding[]> {
  if (url.protocol !== "https:") {
    return [problem("proxies", `${url.href} is no https URL`, "give the URL that customers use")];
  }
  const ask = (headers: Record<string, string>, over: URL = url) => send(over, headers, ca);
  let overHttps: Answer;
  try {
    overHttps = await ask({});
  } catch (error) {
    const what = `${url.host} does not answer: ${error instanceof Error ? error.message : String(error)}`;
    return [problem("https", what, "check the address and its certificate; --ca names one to trust")];
  }
  const findings = [judgeHttps(overHttps), await judgePlain(ask, plainUrl ?? plainOf(url))];
  if (probeAddress && findings[0]?.verdict === "ok") findings.push(await judgeAddress(ask));
  return findings;
}

function judgeHttps({ status, code }: Answer): Finding {
  if (code === "https-required") {
    return problem(
      "proxies",
      "the application takes a request over HTTPS for plain HTTP, and refuses every key",
      'have it trust its proxy (Express "trust proxy", Koa app.proxy, Fastify trustProxy), and the proxy send X-Forwarded-Proto',
    );
  }
  if (code === "missing-api-key") return ok("https", "is seen as such; a request without a key is refused");
  if (code === "too-many-failed-attempts") return ok("https", "is seen as such");
  return problem(
    "https",
    `a request without a key was answered ${status}${code === undefined ? "" : ` (${code})`}, not 401 missing-api-key`,
    "give the URL of a route that asks for a key, or protect this one",
  );
}

/** The same route over plain HTTP, on the port that is meant for it. */
function plainOf(url: URL): URL {
  const plain = new URL(url);
  plain.protocol = "http:";
  plain.port = "80";
  return plain;
}

/** Plain HTTP has to fail, also for a client that claims to have come over HTTPS. */
async function judgePlain(
  ask: (headers: Record<string, string>, over: URL) => Promise<Answer>,
  plain: URL,
): Promise<Finding> {
  let answer: Answer;
  try {
    answer = await ask(
      { "x-forwarded-proto": "https", forwarded: "proto=https", "x-forwarded-ssl": "on" },
      plain,
    );
  } catch {
    return ok("plain http", `is not answered at ${plain.host}`);
  }
  if (answer.code === "https-required") return ok("plain http", "is refused, whatever the client claims");
  if (answer.status >= 300 && answer.status < 400) {
    return warning(
      "plain http",
      `is redirected to ${answer.location ?? "elsewhere"}: a client that follows has sent its key in clear, and will again`,
      "answer 403 instead, so that whoever wrote the client notices",
    );
  }
  if (answer.code === undefined) {
    return warning(
      "plain http",
      `is answered ${answer.status}, not by Keyward`,
      "see that it cannot reach the API",
    );
  }
  return problem(
    "plain http",
    "a client that claims X-Forwarded-Proto: https is believed, and its key taken in clear",
    "have the application trust only its proxy's address, and the proxy overwrite that header",
  );
}

/** Who fails again and again is told to stop by the address. One who is never told is believed in a new one each time. */
async function judgeAddress(ask: (headers: Record<string, string>) => Promise<Answer>): Promise<Finding> {
  for (let times = 0; times < 25; times += 1) {
    const address = `198.51.100.${randomInt(1, 255)}`;
    const { code } = await ask({
      "x-api-key": "made up",
      "x-forwarded-for": address,
      forwarded: `for=${address}`,
    });
    if (code === "too-many-failed-attempts")
      return ok("addresses", "are not taken from what a client claims");
  }
  return problem(
    "addresses",
    "a client that makes up an X-Forwarded-For is believed: it can guess keys without being told to stop",
    "have the application trust only its proxy (a number of hops, or its address). If failedAttempts is off or above 25, this says nothing",
  );
}

function send(url: URL, headers: Record<string, string>, ca: string | undefined): Promise<Answer> {
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

async function read(response: IncomingMessage): Promise<Answer> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    if (text.length > 65_536) response.destroy();
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
