export { chromiumOptions } from "./chromium.ts";
export { freePort } from "./free-port.ts";
export { nginxLocation, startNginx, type NginxServer } from "./nginx.ts";
export { startPgbouncer, type PgbouncerServer } from "./pgbouncer.ts";
export { startPostgres, type PostgresServer } from "./postgres.ts";
export { startRedis, type RedisServer } from "./redis.ts";
export { startRedisCluster, type RedisCluster } from "./redis-cluster.ts";
export { startRedisSentinel, type RedisSentinel } from "./redis-sentinel.ts";
