/** Examples of a request with a key, by language. `place` is a header, or `bearer`. */
export function snippetsFor(
  place: string,
  url: string,
): readonly (readonly [string, (key: string) => string])[] {
  const [header, prefix] = place === "bearer" ? ["Authorization", "Bearer "] : [headerName(place), ""];
  return [
    ["curl", (key) => `curl ${url} \\\n  -H "${header}: ${prefix}${key}"`],
    [
      "JavaScript",
      (key) =>
        `const response = await fetch("${url}", {\n  headers: { "${header}": \`${prefix}\${process.env.API_KEY}\` }, // ${key}\n});`,
    ],
    [
      "Python",
      (key) =>
        `import os, requests\n\nresponse = requests.get(\n    "${url}",\n    headers={"${header}": f"${prefix}{os.environ['API_KEY']}"},  # ${key}\n)`,
    ],
  ];
}

/** `x-api-key` as people write it: `X-API-Key`. */
function headerName(name: string): string {
  return name
    .split("-")
    .map((part) => (part === "api" ? "API" : part.charAt(0).toUpperCase() + part.slice(1)))
    .join("-");
}
