import assert from "node:assert/strict";
import type { AdapterCase } from "../test-adapter.ts";
import { expectLimits } from "./expect.ts";
import type { HandlerCall, TestReply, TestRoute } from "./routes.ts";

const describeKey = ({ apiKey, apiKeyOf, admissionOf }: HandlerCall): TestReply => {
  const nameOf = (key: unknown) => (key as { name?: string } | undefined)?.name;
  return { body: { field: nameOf(apiKey), function: apiKeyOf().name, admission: nameOf(admissionOf().key) } };
};

const codeOf = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

const routes: readonly TestRoute[] = [
  { path: "/once", mounts: [{}], interferes: true, handle: describeKey },
  { path: "/twice", mounts: [{}, {}], interferes: true, handle: describeKey },
  {
    path: "/unguarded",
    mounts: [],
    handle: ({ apiKeyOf, admissionOf }) => ({
      body: { key: codeOf(apiKeyOf), admission: codeOf(admissionOf) },
    }),
  },
];

export function testRequestState(test: AdapterCase): void {
  test("keeps the key and the count whatever other code does to the request", { routes }, async (bench) => {
    const { raw } = await bench.key({ name: "billing" });
    const expected = { field: "billing", function: "billing", admission: "billing" };
    for (const [index, path] of ["/once", "/twice", "/once", "/twice"].entries()) {
      const answer = await bench.ask(path, raw);
      assert.deepEqual([answer.status, JSON.parse(answer.text)], [200, expected], path);
      assert.equal(expectLimits(answer).daily, 1999 - index);
    }
  });

  test("throws where no middleware admitted the request", { routes }, async (bench) => {
    const { raw } = await bench.key();
    const answer = await bench.ask("/unguarded", raw);
    assert.deepEqual(JSON.parse(answer.text), { key: "not-admitted", admission: "not-admitted" });
  });
}
