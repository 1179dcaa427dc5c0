import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { claimPostgres } from "../src/external-postgres.ts";
import { claimRedis } from "../src/external-redis.ts";
import { startPostgres, startRedis, type PostgresServer } from "../src/index.ts";

let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a server that the environment names", () => {
  it("gives each test an empty Redis database, and leaves the default one alone", async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    await server.command("SET", "precious", "1");

    const [one, two] = [await claimRedis(server.url), await claimRedis(server.url)];
    expect(one.url).not.toBe(two.url);
    await one.command("SET", "counter", "5");
    expect(await one.command("GET", "counter")).toBe("$1\r\n5\r\n");
    expect(await two.command("GET", "counter")).toBe("$-1\r\n");
    expect(() => one.pause()).toThrow("It needs redis-server to be installed.");

    await one.stop();
    expect(await one.command("DBSIZE")).toBe(":0\r\n");
    expect(await server.command("GET", "precious")).toBe("$1\r\n1\r\n");
  });

  it("is used by startRedis if redis-server is not installed", async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    vi.stubEnv("PATH", "");
    vi.stubEnv("REDIS_URL", server.url);
    const external = await startRedis();
    expect(external.url).toBe(`${server.url}/1`);
    await external.stop();
  });

  it("is rejected if it needs a password or has no empty database", async () => {
    const server = await startRedis({ databases: "2" });
    onTestFinished(() => server.stop());
    await expect(claimRedis("redis://:secret@127.0.0.1:6379")).rejects.toThrow("without a password");
    const only = await claimRedis(server.url);
    await expect(claimRedis(server.url)).rejects.toThrow("REDIS_URL has no empty database from 1 to 15");
    await only.stop();
    await expect(claimRedis(server.url)).resolves.toMatchObject({ url: only.url });
  });

  it("gives each test PostgreSQL databases that are dropped afterwards", async () => {
    const external = claimPostgres(await postgres.createDatabase());

    const [from, to] = [await external.createDatabase(), await external.createDatabase()];
    await external.query(
      from,
      "create table entry (id int, name text); insert into entry values (1, 'a'), (2, null)",
    );
    expect(await external.query(from, "select * from entry order by id")).toBe("1|a\n2|");
    await external.copy(from, to);
    expect(await external.query(to, "select count(*) from entry")).toBe("2");

    await external.stop();
    await expect(external.query(from, "select 1")).rejects.toThrow("does not exist");
  });
});
