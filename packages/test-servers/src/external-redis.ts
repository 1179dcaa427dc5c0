import { send } from "./redis-protocol.ts";
import type { RedisServer } from "./redis-server.ts";

/** The databases of a Redis besides the default one, which may hold someone's data. */
const DATABASES = Array.from({ length: 15 }, (_, index) => String(index + 1));

/** Runs a command in a database: `SELECT` in a script ends with the script. */
const IN_DATABASE = "redis.call('SELECT', ARGV[1]) return redis.call(unpack(ARGV, 2))";

/** Marks a database as used if it is empty. */
const CLAIM =
  "redis.call('SELECT', ARGV[1]) if redis.call('DBSIZE') > 0 then return 0 end redis.call('SET', 'keyward-tests', '1') return 1";

function unsupported(): never {
  throw new Error("This test stops or configures Redis. It needs redis-server to be installed.");
}

/** A Redis that the tests did not start. Each test gets an empty database, which is emptied afterwards. */
export async function claimRedis(url: string): Promise<RedisServer> {
  const { protocol, hostname, port: portText, password } = new URL(url);
  if (protocol !== "redis:" || password !== "") {
    throw new Error("REDIS_URL must be redis://host:port, without a password, for the tests.");
  }
  const port = Number(portText === "" ? 6379 : portText);
  for (const database of DATABASES) {
    if ((await send(port, ["EVAL", CLAIM, "0", database], hostname)) !== ":1\r\n") continue;
    const command = (...words: string[]) =>
      send(port, ["EVAL", IN_DATABASE, "0", database, ...words], hostname);
    return {
      port,
      url: `redis://${hostname}:${port}/${database}`,
      get pid() {
        return unsupported();
      },
      command,
      kill: unsupported,
      restart: unsupported,
      pause: unsupported,
      resume: unsupported,
      stop: async () => void (await command("FLUSHDB")),
    };
  }
  throw new Error("REDIS_URL has no empty database from 1 to 15 that the tests could use.");
}
