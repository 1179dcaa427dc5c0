import { createHash } from "node:crypto";
import { IncomingMessage, type ServerResponse } from "node:http";
import { systemClock, type Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import type { Keyward } from "../keyward.ts";
import { checkOptionNames, rejectSetting } from "../option-error.ts";
import { warn } from "../warn.ts";
import { createGitHubKeys, type GitHubKeys } from "./github-keys.ts";
import { isSignedByGitHub, parseGitHubReport, type GitHubMatch } from "./github-report.ts";
import type { LeakAction } from "./leaks.ts";
import { collect, LostBodyError, MAX_REPORT_BYTES, readRawBody } from "./raw-body.ts";

/** Options of `leakReceiver`. */
export interface LeakReceiverOptions {
  /** The sender of the reports: GitHub's secret scanning partner program. */
  readonly source: "github";
  /** The action on a leaked key. A paused key can be resumed by an operator. Default: `revoke`. */
  readonly action?: LeakAction | undefined;
  /** Reads GitHub's public keys, where that needs a proxy. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds since the epoch. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** An endpoint for reports of leaked keys. */
export interface LeakReceiver {
  /** For Node's servers and for frameworks over them. It has to come before middleware that parses bodies, or get the raw bytes. */
  (request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** For servers that speak fetch. */
  (request: Request): Promise<Response>;
}

const OPTIONS: readonly (keyof LeakReceiverOptions)[] = ["source", "action", "fetch", "clock"];

/** The parts of a request that are read. */
interface ReportRequest {
  readonly method: string;
  header(name: string): string | undefined;
  /** `undefined` if there are too many bytes. */
  body(): Promise<Buffer | undefined>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Creates the endpoint that GitHub's secret scanning reports leaked keys to. It accepts only what GitHub signed, revokes or pauses the
 * keys, and answers which matches were keys of this deployment.
 *
 * @throws KeywardError `invalid-option`
 *
 * @example
 * ```ts
 * app.post("/leaks", leakReceiver(kw, { source: "github" }));
 * ```
 */
export function leakReceiver(kw: Keyward, options: LeakReceiverOptions): LeakReceiver {
  checkOptionNames("leakReceiver", options, OPTIONS);
  const { source, action = "revoke", fetch = globalThis.fetch, clock = systemClock } = options;
  if (source !== "github") rejectSetting("source", source, '"github"');
  if (action !== "revoke" && action !== "pause") rejectSetting("action", action, '"revoke" or "pause"');
  if (typeof fetch !== "function") rejectSetting("fetch", fetch, "a function like the global fetch");
  const keys = createGitHubKeys(fetch, clock);

  async function answer(request: ReportRequest): Promise<Answer> {
    if (request.method !== "POST") return refuse(405, "Reports are sent with POST.", { allow: "POST" });
    try {
      const checked = await readReport(request, keys);
      return Array.isArray(checked) ? accept(await label(kw, checked, action)) : (checked as Answer);
    } catch (error) {
      return answerFailure(error);
    }
  }

  async function receive(request: IncomingMessage | Request, response?: ServerResponse) {
    if (!(request instanceof IncomingMessage)) {
      const { status, headers, body } = await answer(fetchReport(request));
      return new Response(body, { status, headers });
    }
    const { status, headers, body } = await answer(nodeReport(request));
    // The rest of a body that was not read would be taken for another request.
    if (!request.readableEnded) response?.setHeader("connection", "close");
    response?.writeHead(status, headers).end(body);
    return undefined;
  }
  return receive as LeakReceiver;
}

function nodeReport(request: IncomingMessage): ReportRequest {
  return {
    method: request.method ?? "",
    header(name) {
      const value = request.headers[name];
      return typeof value === "string" ? value : undefined;
    },
    body: () => readRawBody(request),
  };
}

function fetchReport(request: Request): ReportRequest {
  return {
    method: request.method,
    header: (name) => request.headers.get(name) ?? undefined,
    async body() {
      if (request.bodyUsed) throw new LostBodyError("the body was read before");
      return request.body === null ? Buffer.alloc(0) : collect(request.body as AsyncIterable<Uint8Array>);
    },
  };
}

/** The matches of a report that GitHub signed, or the response to another request. */
async function readReport(
  request: ReportRequest,
  keys: GitHubKeys,
): Promise<readonly GitHubMatch[] | Answer> {
  const identifier = request.header("github-public-key-identifier");
  const signature = request.header("github-public-key-signature");
  if (identifier === undefined || signature === undefined) return refuse(401, "The report is not signed.");
  const body = await request.body();
  if (body === undefined) return refuse(413, `A report must have at most ${MAX_REPORT_BYTES / 1024} KB.`);
  if (!(await isSignedByGitHub(body, { identifier, signature }, keys))) {
    return refuse(401, "The signature is not one of GitHub's for this body.");
  }
  return (
    parseGitHubReport(body) ?? refuse(400, "The body must be a JSON array of { token, type, url, source }.")
  );
}

/** Handles each match, and labels it as GitHub expects. Tokens are named by their SHA-256, so that the response contains no key. */
async function label(kw: Keyward, matches: readonly GitHubMatch[], action: LeakAction): Promise<object[]> {
  const labels: object[] = [];
  for (const { token, type, url, source } of matches) {
    const location = /^[\x20-\x7e]{1,100}$/.test(source) ? source : undefined;
    const report = { token, source: "github", action, url, location };
    const { isGenuine } = await kw.leaks.report(report, { actor: "GitHub secret scanning" });
    labels.push({
      token_hash: createHash("sha256").update(token).digest("hex"),
      token_type: type,
      label: isGenuine ? "true_positive" : "false_positive",
    });
  }
  return labels;
}

function accept(labels: readonly object[]): Answer {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(labels) };
}

function refuse(status: number, detail: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
    body: JSON.stringify({ type: "about:blank", status, detail }),
  };
}

function answerFailure(error: unknown): Answer {
  if (error instanceof LostBodyError) {
    warn(
      "KEYWARD_LEAK_RECEIVER",
      "A report of leaked keys cannot be verified: other middleware has parsed its body. Mount leakReceiver before it.",
    );
    return refuse(500, "The server cannot verify the signature.");
  }
  warn("KEYWARD_LEAK_RECEIVER", `A report of leaked keys was not handled: ${String(error)}`);
  const isTemporary = !(error instanceof KeywardError) || error.code.startsWith("store-");
  return isTemporary
    ? refuse(503, "The report cannot be handled now.", { "retry-after": "60" })
    : refuse(500, "The report cannot be handled.");
}
