import { KeywardError } from "@keyward/core";

/**
 * Where a database is, without what may be a password.
 *
 * @throws KeywardError `invalid-option` if it is no URL of a PostgreSQL database
 */
export function describeUrl(url: unknown): string {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^postgres(ql)?:$/.test(parsed.protocol) || parsed.pathname.length < 2) {
    throw new KeywardError(
      "invalid-option",
      "postgresStore: wants a URL such as postgres://user:password@host:5432/database; got something else, which is not repeated here since it may hold a password.",
    );
  }
  return `${parsed.host}${parsed.pathname}`;
}
