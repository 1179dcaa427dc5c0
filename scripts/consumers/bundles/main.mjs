// Serves the console and prints its responses: the page, one of its files, and a sign-in, which needs the native Argon2 addon.
import { createServer } from "node:http";
import { createConsole, passwordSignIn } from "@keyward/console";
import { createKeyward } from "@keyward/core";

const requireHttps = { allowLoopback: true };
const kw = createKeyward({ requireHttps });
const authorize = passwordSignIn({ password: "correct horse battery" });
const kwConsole = createConsole(kw, { authorize, requireHttps });

const server = createServer(kwConsole.listener).listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}/admin/`;
  const page = await fetch(url);
  const [script] = /assets\/[\w.-]+\.js/.exec(await page.text());
  const asset = await fetch(url + script);
  const signIn = await fetch(`${url}api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ password: "correct horse battery" }),
  });
  console.log(page.status, asset.status, signIn.status);
  server.close();
  await kw.close();
});
