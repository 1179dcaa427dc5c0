import { readFileSync, writeFileSync } from "node:fs";
import { generate } from "selfsigned";
import type { Environment } from "./environment.ts";

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** The certificate that the environment names, or one made for this machine and this run. */
export async function certificateFor({ tls, certificateOut }: Environment): Promise<Certificate> {
  const certificate = tls === undefined ? await selfSigned() : read(tls);
  if (certificateOut !== undefined) writeFileSync(certificateOut, certificate.cert);
  return certificate;
}

function read(files: Certificate): Certificate {
  return { cert: readFileSync(files.cert, "utf8"), key: readFileSync(files.key, "utf8") };
}

/** A certificate for this machine. */
export async function selfSigned(): Promise<Certificate> {
  const altNames = [
    { type: 2 as const, value: "localhost" },
    { type: 7 as const, ip: "127.0.0.1" },
    { type: 7 as const, ip: "::1" },
  ];
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames },
    ],
  });
  return { cert, key };
}
