import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";

type Bytes = Uint8Array<ArrayBuffer>;

/** The encodings that files are sent in, the smallest first. */
const ENCODINGS = ["br", "gzip"] as const;
type Encoding = (typeof ENCODINGS)[number];

const COMPRESS = { br: promisify(brotliCompress), gzip: promisify(gzip) } as const;

export interface FileBody {
  readonly body: Bytes | string;
  /** `undefined` for the text itself. */
  readonly encoding: Encoding | undefined;
}

interface Compression {
  readonly bytes: Promise<Bytes>;
  isDone: boolean;
}

/** Compressed texts, for all consoles of the process. */
const compressions = { br: new Map<string, Compression>(), gzip: new Map<string, Compression>() };

/** Compresses a text once, when it is first requested. */
function compress(text: string, encoding: Encoding): Compression {
  const cached = compressions[encoding].get(text);
  if (cached !== undefined) return cached;
  const compression: Compression = {
    isDone: false,
    bytes: COMPRESS[encoding](text).then((bytes) => {
      compression.isDone = true;
      return new Uint8Array(bytes);
    }),
  };
  compressions[encoding].set(text, compression);
  return compression;
}

/** A text in the best encoding that a client accepts. Brotli takes a second, so that the first clients get gzip where they accept it. */
export async function encodeFile(text: string, accept = ""): Promise<FileBody> {
  const encodings = ENCODINGS.filter((each) => accepts(accept, each));
  const [best] = encodings;
  if (best === undefined) return { body: text, encoding: undefined };
  const encoding = compress(text, best).isDone ? best : (encodings.at(-1) ?? best);
  return { body: await compress(text, encoding).bytes, encoding };
}

/** True if an `Accept-Encoding` field lists an encoding, with a weight above 0. */
function accepts(field: string, encoding: string): boolean {
  return field.split(",").some((part) => {
    const [name = "", weight = ""] = part.split(";");
    return name.trim().toLowerCase() === encoding && !/^\s*q=0(?:\.0*)?\s*$/i.test(weight);
  });
}
