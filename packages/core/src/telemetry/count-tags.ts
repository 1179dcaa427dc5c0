import type { Meter } from "@opentelemetry/api";
import { MAX_TAGS, OTHER_TAG, toTag } from "../usage/tag.ts";

/** Counts decisions by tag. A metric is kept for each tag, so that there is a limit to them. */
export function createTagCounter(meter: Meter): (tag: string | undefined, isAdmitted: boolean) => void {
  const requests = meter.createCounter("keyward.tag.requests", {
    unit: "{request}",
    description: "Requests by tag and outcome. Requests without a tag are left out.",
  });
  const known = new Map<string, string>();

  function add(text: string): string {
    const tag = toTag(text) ?? OTHER_TAG;
    known.set(text, tag);
    return tag;
  }

  return (text, isAdmitted) => {
    if (text === undefined) return;
    const tag = known.get(text) ?? (known.size < MAX_TAGS ? add(text) : OTHER_TAG);
    requests.add(1, { "keyward.tag": tag, "keyward.outcome": isAdmitted ? "admitted" : "refused" });
  };
}
