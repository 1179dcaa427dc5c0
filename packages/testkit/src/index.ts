export type { TestRunner } from "./runner.ts";
export { testClock, type TestClock } from "./test-clock.ts";
export { testKeyward, type KeyRefusal, type TestKey, type TestKeyward } from "./test-keyward.ts";
export { ReferenceLimiter } from "./reference-limiter.ts";
export { testLimiter, type LimiterUnderTest } from "./test-limiter.ts";
export { testKeyStore, type KeyStoreUnderTest, type OpenedStore } from "./test-key-store.ts";
export { testAdapter } from "./test-adapter.ts";
export type { AdapterSetup, AdapterUnderTest, TestApplication } from "./adapter/adapter.ts";
export { testCertificate, type Certificate } from "./adapter/certificate.ts";
