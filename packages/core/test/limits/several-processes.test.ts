import { createKeyward, memoryLimiter } from "@keyward/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";

describe("a memory limiter in one of several processes", () => {
  it("is warned of once, where PM2 has started the process", () => {
    const emitted = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    onTestFinished(() => emitted.mockRestore());
    vi.stubEnv("pm_id", "0");
    onTestFinished(() => void vi.unstubAllEnvs());
    for (let times = 0; times < 2; times += 1) createKeyward({ limiter: memoryLimiter() });
    expect(emitted.mock.calls).toEqual([
      [
        expect.stringMatching(/pm_id.*redisLimiter/),
        expect.objectContaining({ code: "KEYWARD_MEMORY_LIMITER" }),
      ],
    ]);
  });
});
