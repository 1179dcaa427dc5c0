export { SampleServer } from "./sample-server.ts";
export { testSample } from "./test-sample.ts";
