/** Serves the same route bare and behind Keyward, and tells its port and key to its parent. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createKeyward } from "@keyward/core";
import { keyward } from "@keyward/express";
import express, { type RequestHandler } from "express";
import { generate } from "selfsigned";

const HUGE = 1_000_000_000;

const kw = createKeyward({ plans: { default: { rate: HUGE, burst: HUGE, daily: HUGE } } });
const { secret } = await kw.keys.create({ name: "bench" });
const hello: RequestHandler = (_request, response) => {
  response.json({ hello: "bench" });
};

const app = express();
app.get("/bare", hello);
app.get("/keyward", keyward(kw), hello);

const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
  keyType: "ec",
  algorithm: "sha256",
});
const server = createServer({ cert, key }, app);
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port, key: secret.reveal() });
});
// Asked between two loads: how long it has been busy.
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
