const { mkdtempSync } = require("node:fs");
const { join } = require("node:path");
const { createKeyward } = require("@keyward/core");
const { openStore } = require("@keyward/sql");

test.each([
  ["SQLite", `sqlite:${join(mkdtempSync(join(__dirname, "store-")), "keyward.db")}`],
  ["PostgreSQL", process.env.POSTGRES_URL],
])("opens %s", async (_name, url) => {
  const kw = createKeyward({
    secret: "a secret for a consumer that runs Jest",
    store: await openStore(url),
    requireHttps: false,
  });
  const { key, secret } = await kw.keys.create({ name: "jest" });
  const request = { header: () => secret.reveal(), secure: true, ip: "127.0.0.1" };
  expect(await kw.admit(request)).toMatchObject({ admitted: true });
  await kw.keys.revoke(key.id);
  expect(await kw.admit(request)).toMatchObject({ admitted: false });
  await kw.close();
});
