import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { KeywardError } from "@keyward/core";
import { describe, expect, expectTypeOf, it } from "vitest";

describe("KeywardError", () => {
  it("is recognized across the ES module and the CommonJS copy of the package", () => {
    // The built CommonJS copy is another module than the source under test.
    const other = createRequire(import.meta.url)("@keyward/core") as { KeywardError: typeof KeywardError };
    expect(other.KeywardError).not.toBe(KeywardError);
    const error = new other.KeywardError("key-conflict", "…");
    expect(error).toBeInstanceOf(KeywardError);
    expect(new KeywardError("key-conflict", "…")).toBeInstanceOf(other.KeywardError);
    expect(KeywardError.is(error, "key-conflict")).toBe(true);
  });

  it.each([new Error("…"), { code: "key-conflict", name: "KeywardError" }, null, undefined, "KeywardError"])(
    "is not %j",
    (value) => {
      expect(value instanceof KeywardError).toBe(false);
      expect(KeywardError.is(value)).toBe(false);
    },
  );

  it("has typed fields by code", () => {
    const error: unknown = new KeywardError("already-created", "…", { keyId: "key_1" });
    if (!KeywardError.is(error, "already-created")) throw new Error("not recognized");
    expectTypeOf(error.keyId).toEqualTypeOf<string>();
    expectTypeOf(error.code).toEqualTypeOf<"already-created">();
    expect(error.keyId).toBe("key_1");
    expect(KeywardError.is(error, "key-conflict")).toBe(false);
  });

  it("names the section of ERRORS.md that explains its code", () => {
    const { help } = new KeywardError("store-full", "…");
    const [path, anchor] = help.split("#");
    expect(path).toBe("@keyward/core/ERRORS.md");
    expect(readFileSync(new URL("../ERRORS.md", import.meta.url), "utf8")).toContain(`\n## ${anchor}\n`);
  });

  it("is an instance of a class that extends it only if it was made by it", () => {
    class StorageError extends KeywardError {}
    expect(new KeywardError("store-full", "…")).not.toBeInstanceOf(StorageError);
    expect(new StorageError("store-full", "…")).toBeInstanceOf(StorageError);
    expect(new StorageError("store-full", "…")).toBeInstanceOf(KeywardError);
  });

  it("shows no mark in what is printed or serialized", () => {
    const error = new KeywardError("store-full", "…");
    expect(JSON.stringify(error)).toBe(
      '{"code":"store-full","help":"@keyward/core/ERRORS.md#store-full","name":"KeywardError"}',
    );
  });
});
