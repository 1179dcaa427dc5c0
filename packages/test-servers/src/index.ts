export { freePort } from "./free-port.ts";
export { startRedis, type RedisServer } from "./redis.ts";
