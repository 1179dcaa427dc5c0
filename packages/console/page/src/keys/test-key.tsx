import { useMutation } from "@tanstack/react-query";
import { Zap } from "lucide-react";
import { api, dataOf, explain } from "../api/client.ts";
import { limitsText } from "../limits/limits-text.ts";

interface TestKeyProps {
  /** Returns the raw key, which nothing here keeps. */
  readonly read: () => string;
}

/** Sends a request that costs nothing with the key, and reports what the key can do. */
export function TestKey({ read }: TestKeyProps) {
  const test = useMutation({
    gcTime: 0,
    // The key is read when it is sent: as a variable of the mutation it would be kept.
    mutationFn: () => dataOf(api.POST("/api-keys/test", { body: { key: read() } })),
  });
  const { data } = test;
  return (
    <div className="test-key">
      <button type="button" disabled={test.isPending} onClick={() => test.mutate()}>
        <Zap aria-hidden size={16} />
        {test.isPending ? "Testing…" : "Test this key"}
      </button>
      <div role="status">
        {data?.admitted === true && (
          <p className="notice good">
            The key works. Limits: {limitsText(data.key.quota?.limits)}. Scopes:{" "}
            {data.key.scopes.length === 0 ? "none" : data.key.scopes.join(", ")}.
          </p>
        )}
        {data?.admitted === false && (
          <p className="notice warn">
            Refused with {data.status}: {data.detail}
          </p>
        )}
      </div>
      {test.isError && (
        <p className="error" role="alert">
          {explain(test.error)}
        </p>
      )}
    </div>
  );
}
