import { KeywardError } from "@keyward/core";

/** The part of a connection URL that Keyward reads. The driver receives the URL unchanged. */
export interface PostgresUrl {
  /** Host and database, for messages. Contains no part of a password. */
  readonly where: string;
  /** The parameter `schema`, which the driver ignores. */
  readonly schema: string | undefined;
}

/** `postgres://[user[:password]@][host][:port]/database[?parameters]` */
const URL_FORM = /^postgres(?:ql)?:\/\/(?:[^/?#]*@)?([^/?#@]*)\/([^?#@]+)(?:\?([^#]*))?$/;

/** A name, an address, or the folder of a socket with `/` encoded; may be empty. */
const HOST = /^(?:[\w.%-]*|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** The user names of cloud providers contain `@`. Anywhere else it shows that a password was not encoded. */
const PARAMETER = /^(?:[a-z_]+=[^@]*|user=[^@/]*@[^@/]*)$/i;

/**
 * Reads a connection URL. The host may be empty: it is then in the parameter `host`, as the folder of a socket, or
 * the driver's default. A URL whose password contains an unencoded `/`, `?` or `#` is rejected, because part of the password would be read as the host or the database, and would appear in messages.
 *
 * @throws KeywardError `invalid-option` if it is not a URL of a PostgreSQL database; the URL is not repeated
 */
export function readPostgresUrl(url: unknown): PostgresUrl {
  const [matched, host = "", database = "", query = ""] =
    (typeof url === "string" ? URL_FORM.exec(url) : null) ?? [];
  const parameters = query.split("&").filter((parameter) => parameter !== "");
  if (
    matched === undefined ||
    !HOST.test(host) ||
    !parameters.every((parameter) => PARAMETER.test(parameter))
  ) {
    throw new KeywardError(
      "invalid-option",
      "The PostgreSQL URL must be like postgres://user:password@host:5432/database, with special characters in the password percent-encoded. It is not repeated here because it may contain a password.",
    );
  }
  const named = new URLSearchParams(query);
  const server = host === "" ? (named.get("host") ?? "") : host;
  return {
    where: server === "" ? database : `${server}/${database}`,
    schema: named.get("schema") ?? undefined,
  };
}
