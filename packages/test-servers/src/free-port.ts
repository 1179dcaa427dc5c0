import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** A port of the loopback that nothing listens on. `highest` is for servers that take a second one above it. */
export async function freePort(highest = 65_535): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    if (port <= highest) return port;
  }
}
