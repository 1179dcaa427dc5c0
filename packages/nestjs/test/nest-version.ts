import core from "@nestjs/core/package.json" with { type: "json" };

/** The Nest that the tests run with: 11 and 12 take turns. */
export const NEST = core.version.split(".", 1)[0];
