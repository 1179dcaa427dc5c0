import { once } from "node:events";
import { connect } from "node:net";

/** One command over a new connection. Returns the reply as it came over the wire. */
export async function send(port: number, command: readonly string[], host = "127.0.0.1"): Promise<string> {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
    socket.write(
      `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`,
    );
    let reply = "";
    for await (const chunk of socket.setTimeout(2000, () => socket.destroy())) {
      reply += chunk;
      if (isWhole(reply)) break;
    }
    return reply;
  } finally {
    socket.destroy();
  }
}

/** Enough of the protocol to know where a reply ends. */
function isWhole(reply: string): boolean {
  return end(reply, 0) !== undefined;
}

function end(reply: string, from: number): number | undefined {
  const lineEnd = reply.indexOf("\r\n", from);
  if (lineEnd < 0) return undefined;
  const count = Number(reply.slice(from + 1, lineEnd));
  const next = lineEnd + 2;
  if (reply[from] === "$") {
    if (count < 0) return next;
    return reply.length >= next + count + 2 ? next + count + 2 : undefined;
  }
  if (reply[from] !== "*") return next;
  let at: number | undefined = next;
  for (let item = 0; item < count && at !== undefined; item += 1) at = end(reply, at);
  return at;
}
