import {
  createKeyward,
  type AdmissionRequest,
  type Decision,
  type Keyward,
  type KeywardOptions,
} from "@keyward/core";

interface Asked extends Partial<AdmissionRequest> {
  readonly key?: string;
}

/** A request over HTTPS, with a key in its header or without. */
export function ask(kw: Keyward, { key, ...more }: Asked): Promise<Decision> | Decision {
  return kw.admit({
    header: (name) => (name === "x-api-key" ? key : undefined),
    secure: true,
    ip: "203.0.113.1",
    ...more,
  });
}

/** A Keyward, and a key of it. */
export async function withKey(options: KeywardOptions = {}) {
  const kw = createKeyward(options);
  const { key, secret } = await kw.keys.create({ name: "a" });
  return { kw, key, raw: secret.reveal() };
}
