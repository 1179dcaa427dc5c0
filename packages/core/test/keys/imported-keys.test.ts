import { createKeyward } from "@keyward/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { checkImportedKeys } from "../../src/keys/imported-keys.ts";

const RAW = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";

describe("importedKeys", () => {
  it.each([/sk_live_\w{24}$/, /^sk_live_\w{24}/, /sk_/, /^sk_\$/, /^sk_\\\$/])(
    "rejects %s, which is not anchored",
    (pattern) => {
      expect(() => createKeyward({ importedKeys: pattern })).toThrow(
        expect.objectContaining({
          code: "invalid-option",
          message: expect.stringMatching(
            /importedKeys must be .* with \^ at its beginning and \$ at its end/,
          ),
        }),
      );
    },
  );

  it("matches whole values where the anchors belong to alternatives, and lines are not values", () => {
    const alternatives = checkImportedKeys(/^sk_\w{20}|pk_\w{20}$/) as RegExp;
    for (const prefix of ["sk_", "pk_"]) {
      expect(alternatives.test(`${prefix}${"a".repeat(20)}`)).toBe(true);
      expect(alternatives.test(`${prefix}${"a".repeat(20)} and more`)).toBe(false);
      expect(alternatives.test(`something ${prefix}${"a".repeat(20)}`)).toBe(false);
    }
    expect(checkImportedKeys(/^sk_\w{2}$/m)?.test("other\nsk_ab")).toBe(false);
    expect(checkImportedKeys(/^a\\$/)?.test("a\\")).toBe(true);
  });

  it("ignores the flags that make a pattern remember its position", () => {
    for (const pattern of [/^sk_live_\w{24}$/g, /^sk_live_\w{24}$/y, /^SK_LIVE_\w{24}$/giy]) {
      const checked = checkImportedKeys(pattern);
      expect([checked?.test(RAW), checked?.test(RAW)]).toEqual([true, true]);
    }
  });

  it.each([
    /^(\w+\s?)*$/,
    /^sk_live_(\w+\s?)*$/,
    /^(?:sk|pk)_(?:live|test)_(\w+-?)*$/,
    /^(a+)+$/,
    /^(?:[a-z]+[a-z0-9]*)+$/,
    /^(\w|[a-z])*$/,
    /^(?:a|a)*$/,
    /^(?:ab|a|b)*$/,
    /^k_(?:\w\d|\d\w)+$/,
    /^(?:x_)?(.*)*$/,
    /^\w*\w*\w*\w*$/,
    /^key-(?:\w+)*-end$/,
    /^[^-]+(?:[^_]+)*$/,
    /^(?=(\w+)+!)\w+$/,
    /^(?:\d{1,20}){1,20}$/,
    /^(\p{L}+\s?)*$/u,
    /^SK_([a-z]+\d?)*$/i,
    /^(é+)+$/,
    /^(\u00e9|é)*$/,
    /^([\u0400-\u04ff]+)+$/,
    /^(👍+)+$/u,
    /^(?<!a)\w*\w*\w*\w*\w*$/,
  ])("rejects %s, which backtracks, in bounded time", (pattern) => {
    const startedAt = performance.now();
    expect(() => createKeyward({ importedKeys: pattern })).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        message: expect.stringMatching(/importedKeys must be a pattern that is decided in linear time/),
      }),
    );
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it("rejects a pattern that backtracks on a machine so busy that a try is stopped before it had a processor", () => {
    const readCpu = process.cpuUsage.bind(process);
    let tries = 0;
    const cpu = vi.spyOn(process, "cpuUsage").mockImplementation((before) => {
      const usage = readCpu(before);
      if (before !== undefined) tries += 1;
      return before !== undefined && tries % 2 === 1 ? { user: 1000, system: 0 } : usage;
    });
    onTestFinished(() => cpu.mockRestore());
    expect(() => checkImportedKeys(/^(\w+\s?)*$/)).toThrow(/decided in linear time/);
  });

  it("accepts a pattern on a machine so busy that every try takes 50 ms", () => {
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 50));
    onTestFinished(() => clock.mockRestore());
    expect(checkImportedKeys(/^sk_live_\w{24}$/)?.test(RAW)).toBe(true);
  });

  it.each([
    /^sk_live_\w{24}$/,
    /^\w+$/,
    /^.+$/,
    /^[a-f0-9]{32}$/,
    /^(?:sk|pk)_(?:live|test)_[A-Za-z0-9]{16,64}$/,
    /^[\w-]{20,64}\.[\w-]{20,64}$/,
    /^[\w-]+\.[\w-]+\.[\w-]+$/,
    /^(sk_live_)?\w{20,40}$/,
    /^[A-Z0-9]{8}(-[A-Z0-9]{4}){3}-[A-Z0-9]{12}$/i,
    /^(?:[A-Z0-9]{4}-)+[A-Z0-9]{4}$/,
    /^(?=.*\d)\w{20,}$/,
    /^(?<kind>sk|pk)_\w{24}$/,
    /^[\p{L}\d]{20,}$/u,
    /^key_[^\s_]+$/,
  ])("accepts %s", (pattern) => {
    expect(() => createKeyward({ importedKeys: pattern })).not.toThrow();
  });
});
