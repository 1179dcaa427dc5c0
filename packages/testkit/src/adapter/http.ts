import { request as requestHttp, type IncomingHttpHeaders } from "node:http";
import { request as requestHttps } from "node:https";
import { connect as connectPlain, type AddressInfo, type Server } from "node:net";
import { connect } from "node:tls";

/** A whole response. `text` is the body, and `raw` everything that a log could have kept of it. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A response, as text, and how many bytes of the body were sent. */
export interface Upload {
  readonly answer: string;
  readonly sent: number;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Sends one request over a new connection. `ca` is left out for plain HTTP. */
export function ask(
  port: number,
  path: string,
  { method = "GET", headers = {} }: HttpRequest,
  ca?: string,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, method, headers, agent: false };
    const request = ca === undefined ? requestHttp(options) : requestHttps({ ...options, ca });
    request.once("error", reject);
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("latin1"),
        }),
      );
    });
    request.end();
  });
}

/** Sends header lines as they are, byte by byte, over TLS: what no HTTP client would send. */
export function askRaw(
  port: number,
  path: string,
  headerLines: readonly string[],
  ca: string,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca });
    const chunks: Buffer[] = [];
    socket.once("error", reject);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("end", () => resolve(parseAnswer(Buffer.concat(chunks).toString("latin1"))));
    const head = [
      `${path.startsWith("/") ? `GET ${path}` : path} HTTP/1.1`,
      "Host: 127.0.0.1",
      "Connection: close",
      ...headerLines,
      "",
      "",
    ].join("\r\n");
    socket.write(Buffer.from(head, "latin1"));
  });
}

/** Writes a text to one connection, and reads until the server closes it. `ca` is omitted for plain HTTP. */
export async function exchange(port: number, text: string, ca?: string): Promise<string> {
  const socket =
    ca === undefined ? connectPlain(port, "127.0.0.1") : connect({ host: "127.0.0.1", port, ca });
  socket.write(Buffer.from(text, "latin1"));
  let answer = "";
  for await (const chunk of socket as AsyncIterable<Buffer>) answer += chunk.toString("latin1");
  return answer;
}

/** Sends a request with a body of zeros that long, as fast as the server reads it, until the server closes the connection. */
export async function upload(
  port: number,
  headLines: readonly string[],
  length: number,
  ca?: string,
): Promise<Upload> {
  const socket =
    ca === undefined ? connectPlain(port, "127.0.0.1") : connect({ host: "127.0.0.1", port, ca });
  const chunk = Buffer.alloc(64 * 1024);
  let sent = 0;
  let answer = "";
  socket.on("data", (part: Buffer) => (answer += part.toString("latin1")));
  // A server that closes the connection while the client sends resets it.
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write([...headLines, `Content-Length: ${length}`, "", ""].join("\r\n"));
  const send = () => {
    while (!socket.destroyed && sent < length) {
      sent += chunk.length;
      if (!socket.write(chunk)) return void socket.once("drain", send);
    }
    return void socket.end();
  };
  send();
  await closed;
  return { answer, sent };
}

function parseAnswer(message: string): HttpResponse {
  const end = message.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = message.slice(0, end).split("\r\n");
  const headers: IncomingHttpHeaders = {};
  for (const line of lines)
    headers[line.slice(0, line.indexOf(":")).toLowerCase()] = line.slice(line.indexOf(":") + 2);
  return { status: Number(statusLine.split(" ")[1]), headers, text: message.slice(end + 4) };
}
