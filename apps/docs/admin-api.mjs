// Renders the OpenAPI document of the admin API as a page of Markdown.

const METHODS = ["get", "post", "put", "patch", "delete"];

const cell = (text = "") => text.replaceAll("\n", " ").replaceAll("|", "\\|");
const resolve = (document, schema = {}) =>
  schema.$ref === undefined ? schema : document.components.schemas[schema.$ref.split("/").at(-1)];
const nameOf = (schema) => schema.$ref?.split("/").at(-1);
const anchorOf = (name) => `schema-${name.toLowerCase()}`;

/** The type of a value, as readers write it: `string`, `"hour" | "day"`, `string[]`. */
function typeOf(schema = {}) {
  const name = nameOf(schema);
  if (name !== undefined) return `[${name}](#${anchorOf(name)})`;
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(" or ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map((each) => typeOf(each)).join(" or ");
  if (schema.allOf !== undefined) return schema.allOf.map((each) => typeOf(each)).join(" and ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(" or ");
  if (schema.type === "array") return `array of ${typeOf(schema.items)}`;
  return schema.format === undefined ? `${schema.type ?? "any"}` : `${schema.type} (${schema.format})`;
}

function fieldTable(document, schema) {
  const { properties = {}, required = [] } = resolve(document, schema);
  const rows = Object.entries(properties).map(
    ([name, field]) =>
      `| \`${name}\`${required.includes(name) ? "" : " (optional)"} | ${cell(typeOf(field))} | ${cell(field.description ?? resolve(document, field).description)} |`,
  );
  return rows.length === 0 ? "" : `| field | type | |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

function parameterTable(parameters) {
  if (parameters.length === 0) return "";
  const rows = parameters.map(
    ({ name, in: place, required, schema = {}, description }) =>
      `| \`${name}\`${required ? "" : " (optional)"} | ${place} | ${cell(typeOf(schema))} | ${cell(description ?? schema.description)} |`,
  );
  return `| parameter | in | type | |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

const jsonOf = ({ content = {} } = {}) => Object.values(content)[0]?.schema;

/** Successful responses. All others are problem documents. */
function responseTable(responses) {
  const successful = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  const rows = successful.map(([status, response]) => {
    const schema = jsonOf(response);
    return `| ${status} | ${schema === undefined ? "" : cell(typeOf(schema))} | ${cell(response.description)} |`;
  });
  return `| status | body | |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

function operation(
  document,
  method,
  path,
  { summary, description, parameters = [], requestBody, responses },
) {
  const body = jsonOf(requestBody);
  const named = body !== undefined && nameOf(body) !== undefined;
  return [
    `### ${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`,
    summary,
    description,
    parameterTable(parameters),
    body === undefined ? "" : named ? `Body: ${typeOf(body)}` : `Body:\n\n${fieldTable(document, body)}`,
    responseTable(responses),
  ]
    .filter((part) => part !== undefined && part !== "")
    .join("\n\n");
}

/** The page: routes by tag, then the schemas that they name. */
export function adminApiPage(document) {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method) => ({
      method,
      path,
      ...item[method],
    })),
  );
  const sections = document.tags.map(({ name, description }) => {
    const own = operations.filter(({ tags = [] }) => tags.includes(name));
    return `## ${name}\n\n${description}\n\n${own.map(({ method, path, ...rest }) => operation(document, method, path, rest)).join("\n\n")}`;
  });
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      `### ${name} {#${anchorOf(name)}}\n\n${schema.description ?? ""}\n\n${fieldTable(document, schema) || typeOf(schema)}`,
  );
  return `---\neditLink: false\nkeywords: OpenAPI, REST API, HTTP API, admin API, automation, Terraform\n---\n\n# Admin API\n\n${document.info.description}\n\nThe routes are below \`<basePath>/api\` of the [console](/generated/packages/console), such as \`/admin/api\`. The document that this page is made of is served there as \`openapi.json\`. [Sign in](/generated/packages/console#who-may-use-it) with the session of the page or with an API key. Errors are [problem documents](/generated/problems/#admin-api).\n\n${sections.join("\n\n")}\n\n## Schemas\n\n${schemas.join("\n\n")}\n`;
}
