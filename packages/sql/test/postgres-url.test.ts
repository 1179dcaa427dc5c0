import { describe, expect, it } from "vitest";
import { readPostgresUrl } from "../src/postgres/url.ts";

describe("readPostgresUrl", () => {
  it.each([
    ["postgres://user:hunter2@db.internal:5432/keyward", "db.internal:5432/keyward", undefined],
    ["postgresql://user:hun@ter2@db.internal/keyward", "db.internal/keyward", undefined],
    ["postgres://user:hunter2@[2001:db8::1]:5432/keyward", "[2001:db8::1]:5432/keyward", undefined],
    ["postgresql://user:hunter2@/keyward?host=/cloudsql/a:b:c", "/cloudsql/a:b:c/keyward", undefined],
    ["postgresql:///keyward?host=/tmp/pg&port=7543", "/tmp/pg/keyward", undefined],
    ["postgresql:///keyward", "keyward", undefined],
    ["postgresql://%2Fvar%2Frun%2Fpostgresql/keyward", "%2Fvar%2Frun%2Fpostgresql/keyward", undefined],
    ["postgres://db/keyward?user=app@project.iam&sslmode=verify-full", "db/keyward", undefined],
    ["postgres://user:hunter2@db/keyward?schema=keys", "db/keyward", "keys"],
  ])("reads %s", (url, where, schema) => {
    expect(readPostgresUrl(url)).toEqual({ where, schema });
  });

  it.each([
    // Passwords with characters that end the host: the rest would be read as a port, a database or a parameter.
    "postgres://user:12/hunter2@db/keyward",
    "postgres://user:12?hunter2@db/keyward",
    "postgres://user:12#hunter2@db/keyward",
    "postgres://user:12/a?hunter2@db/keyward",
    "postgres://user:12/a?user=hunter2@db/keyward",
    "postgres://user:12/a?password=hunter2@db/keyward",
    "postgres://user:hunter2/x@db/keyward",
    "postgres://user:hunter2",
    "postgres://user:hunter2@db",
    "postgres://user:hunter2@db/",
    "postgres://user:hunter2@a,b/keyward",
    "mysql://user:hunter2@db/keyward",
    "hunter2",
    { hunter2: true },
  ])("rejects %s and does not repeat it", (url) => {
    expect(() => readPostgresUrl(url)).toThrow(
      /The PostgreSQL URL must be like postgres:\/\/user:password@host/,
    );
    expect(() => readPostgresUrl(url)).not.toThrow(/hunter2/);
  });
});
