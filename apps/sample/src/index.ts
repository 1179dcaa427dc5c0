export { adminPassword } from "./admin.ts";
export { certificateFor } from "./certificate.ts";
export { readEnvironment, type Environment } from "./environment.ts";
export { limiterFor } from "./limiter.ts";
export { observe } from "./observe.ts";
export { secretsFor } from "./secret.ts";
export { listen } from "./servers.ts";
export { usageToday } from "./usage-today.ts";
