export type { TestRunner } from "./runner.ts";
export { testClock, type TestClock } from "./test-clock.ts";
export { testKeyward, type KeyRefusal, type TestKey, type TestKeyward } from "./test-keyward.ts";
export {
  ReferenceLimiter,
  type ReferenceCorrection,
  type ReferenceInstant,
  type Verdict,
} from "./reference/reference-limiter.ts";
export { testLimiter, type LimiterUnderTest } from "./test-limiter.ts";
export { testKeyStore, type KeyStoreUnderTest, type OpenedStore } from "./test-key-store.ts";
export { testAdapter } from "./test-adapter.ts";
export type { AdapterFeature, AdapterSetup, AdapterUnderTest, TestApplication } from "./adapter/adapter.ts";
export {
  optionsFor,
  type HandlerCall,
  type TestCall,
  type TestMount,
  type TestReply,
  type TestRoute,
} from "./adapter/routes.ts";
export { testCertificate, type Certificate } from "./adapter/certificate.ts";
