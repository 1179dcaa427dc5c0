export { testAttacks } from "./attacks/test-attacks.ts";
export { SampleServer } from "./sample-server.ts";
export { testCors, type CorsApplications } from "./test-cors.ts";
export { testSample } from "./test-sample.ts";
