import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

export interface SampleResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface SampleRequest {
  readonly port: number;
  readonly path: string;
  readonly key?: string | undefined;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body of the request. */
  readonly send?: string;
  /** The certificate to trust. Default: plain HTTP. */
  readonly ca?: string | undefined;
  /** The address of this machine to ask from. */
  readonly from?: string;
}

/** Sends a request to a server on this machine, over a new connection. */
export function ask({
  port,
  path,
  key,
  method = "GET",
  headers = {},
  send,
  ca,
  from,
}: SampleRequest): Promise<SampleResponse> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port,
      path,
      method,
      headers: key === undefined ? headers : { "x-api-key": key, ...headers },
      agent: false as const,
      ...(from !== undefined && { localAddress: from }),
    };
    const request = ca === undefined ? requestHttp(options) : requestHttps({ ...options, ca });
    request.once("error", reject);
    request.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.once("end", () => {
        const isJson = String(response.headers["content-type"]).includes("json");
        const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    request.end(send);
  });
}
