/** The functions of a test runner that the suites need. Vitest's, Jest's and `node:test`'s functions fit. */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void> | void, timeoutMs?: number): void;
}
