import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

const free = createServer().listen(0, "127.0.0.1");
await once(free, "listening");
const { port } = free.address();
free.close();

const server = spawn(process.execPath, [
  "node_modules/next/dist/bin/next",
  "start",
  "-H",
  "127.0.0.1",
  "-p",
  String(port),
]);
server.stderr.pipe(process.stderr);
for await (const chunk of server.stdout) if (String(chunk).includes("Ready")) break;
const ask = (path, headers) => fetch(`http://127.0.0.1:${port}${path}`, { headers });
const key = await (await ask("/api/keys")).text();
const admitted = await ask("/api/hello/world", { "x-api-key": key });
const refused = await ask("/api/hello/world");
console.log(admitted.status, JSON.stringify(await admitted.json()), admitted.headers.get("cache-control"));
console.log(refused.status, (await refused.json()).code, admitted.headers.get("vary")?.includes("x-api-key"));
server.kill();
