import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { packedFile } from "./pack.mjs";

/**
 * A registry on this machine that has only the packed packages. npm can be configured to use it for their scope. Returns its address, and a function that closes it.
 */
export async function startRegistry(packed) {
  const archives = new Map(packed.map(({ archive }) => [`/archives${archive}`, archive]));
  const packages = new Map(packed.map((one) => [one.manifest.name, one]));
  const server = createServer(({ url, headers }, response) => {
    const path = decodeURIComponent(url);
    const archive = archives.get(path);
    const found = packages.get(path.slice(1));
    if (archive !== undefined) response.end(readFileSync(archive));
    else if (found !== undefined) response.end(JSON.stringify(packumentOf(found, headers.host)));
    else response.writeHead(404).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** A package as registries describe it, with the one version that there is. */
function packumentOf({ archive }, host) {
  const manifest = JSON.parse(packedFile(archive, "package.json"));
  const integrity = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  const dist = { tarball: `http://${host}/archives${archive}`, integrity };
  const { name, version } = manifest;
  return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
}
