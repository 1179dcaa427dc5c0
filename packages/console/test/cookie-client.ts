import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";

export interface Visited {
  readonly url: string;
  readonly status: number;
  readonly body: string;
}

const MAX_REDIRECTS = 10;

/** A browser without scripts: it keeps cookies of localhost, follows redirects and submits forms. */
export class CookieClient {
  /** By name, as they were sent. */
  readonly cookies = new Map<string, string>();
  /** Header fields that every request has besides cookies. */
  readonly headers: Record<string, string> = {};
  /** Every `Set-Cookie` field that was received. */
  readonly fields: string[] = [];
  #page: Visited | undefined;

  /** @param until stops before an address that contains this text, instead of asking for it */
  visit(url: string, until?: string): Promise<Visited> {
    return this.#follow({ url, method: "GET", body: "" }, until);
  }

  /** Submits the form of the page, with its hidden fields and these. */
  submit(fields: Readonly<Record<string, string>>, until?: string): Promise<Visited> {
    const { body: page = "", url: base = "" } = this.#page ?? {};
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1] ?? "";
    const hidden = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name = "", value = ""]): [string, string] => [name, value],
    );
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields }).toString();
    return this.#follow({ url: new URL(action, base).href, method: "POST", body }, until);
  }

  async #follow(first: Sent, until: string | undefined): Promise<Visited> {
    let sent = first;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const response = await this.#send(sent);
      const body = await text(response);
      const { location } = response.headers;
      if (location === undefined) {
        this.#page = { url: sent.url, status: response.statusCode ?? 0, body };
        return this.#page;
      }
      sent = { url: new URL(location, sent.url).href, method: "GET", body: "" };
      if (until !== undefined && sent.url.includes(until)) return { url: sent.url, status: 0, body: "" };
    }
    throw new Error(`More than ${MAX_REDIRECTS} redirects, the last to ${sent.url}`);
  }

  async #send({ url, method, body }: Sent): Promise<IncomingMessage> {
    const isSecure = url.startsWith("https:");
    const cookies = [...this.cookies].filter(([name]) => isSecure || !name.startsWith("__Host-"));
    const headers = {
      ...this.headers,
      cookie: cookies.map(([name, value]) => `${name}=${value}`).join("; "),
      ...(method === "POST" && { "content-type": "application/x-www-form-urlencoded" }),
    };
    const request = isSecure
      ? httpsRequest(url, { method, headers, rejectUnauthorized: false })
      : httpRequest(url, { method, headers });
    request.end(body);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    for (const field of response.headers["set-cookie"] ?? []) this.#keep(field);
    return response;
  }

  #keep(field: string): void {
    this.fields.push(field);
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(field) ?? [];
    const expires = /;\s*expires=([^;]+)/i.exec(field)?.[1];
    const isRemoved = value === "" || (expires !== undefined && Date.parse(expires) <= Date.now());
    if (isRemoved) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

interface Sent {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly body: string;
}
