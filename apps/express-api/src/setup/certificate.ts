import { readFileSync, writeFileSync } from "node:fs";
import type { Environment } from "./environment.ts";
import { selfSigned, type ServerCertificate } from "./self-signed.ts";

/** The certificate that the environment names, or one made for this machine and this run. */
export async function certificateFor({ tls, certificateOut }: Environment): Promise<ServerCertificate> {
  const certificate = tls === undefined ? await selfSigned() : read(tls);
  if (certificateOut !== undefined) writeFileSync(certificateOut, certificate.cert);
  return certificate;
}

function read(files: ServerCertificate): ServerCertificate {
  return { cert: readFileSync(files.cert, "utf8"), key: readFileSync(files.key, "utf8") };
}
