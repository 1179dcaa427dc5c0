import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { ask, type SampleResponse } from "./ask.ts";

/** A sample server in a separate process and folder, as `npm start` runs it. */
export class SampleServer {
  readonly folder: string;
  readonly output: string[] = [];
  readonly #main: string;
  readonly #platform: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;
  #ports = { https: 0, http: 0 };
  #ca = "";

  /**
   * @param main the file that `npm start` runs
   * @param platform what its environment always has
   */
  constructor(main: string, platform: Readonly<Record<string, string>> = {}) {
    this.#main = main;
    this.#platform = platform;
    this.folder = mkdtempSync(join(tmpdir(), "keyward-sample-"));
    onTestFinished(async () => {
      await this.stop("SIGKILL");
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Resolves when it says that it listens. `script` is the server by default. */
  async start(env: Readonly<Record<string, string>> = {}, script = this.#main): Promise<void> {
    const certificate = join(this.folder, "certificate.pem");
    // Node 22 warns about its built-in SQLite. Node 20 does not have it, and Node 24 no longer warns.
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script], {
      cwd: this.folder,
      env: {
        PATH: process.env["PATH"],
        PORT: "0",
        HTTP_PORT: "0",
        TLS_CA_OUT: certificate,
        ...this.#platform,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    createInterface(child.stderr).on("line", (line) => this.output.push(line));
    await new Promise<void>((resolve, reject) => {
      child.once("exit", () =>
        reject(new Error(`The server ended before it listened:\n${this.output.join("\n")}`)),
      );
      createInterface(child.stdout).on("line", (line) => {
        this.output.push(line);
        const [, https, http] = /^listening https=(\d+) http=(\d+)$/.exec(line) ?? [];
        if (https === undefined) return;
        this.#ports = { https: Number(https), http: Number(http) };
        this.#ca = readFileSync(certificate, "utf8");
        resolve();
      });
    });
  }

  /** Returns the exit code, or the signal that ended it, after all its output was read. */
  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<number | string | null> {
    const child = this.#process;
    if (child === undefined) return null;
    this.#process = undefined;
    if (child.exitCode !== null) return child.exitCode;
    const closed = once(child, "close") as Promise<[number | null, string | null]>;
    child.kill(signal);
    const [code, by] = await closed;
    return code ?? by;
  }

  /** The certificate that it made for itself. */
  get ca(): string {
    return this.#ca;
  }

  get ports(): { readonly https: number; readonly http: number } {
    return this.#ports;
  }

  /** The resident memory of the process, in MiB. 0 where the system does not say. */
  get memoryMib(): number {
    try {
      const status = readFileSync(`/proc/${this.#process?.pid}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
    } catch {
      return 0;
    }
  }

  ask(path: string, key?: string, { method = "GET", plain = false } = {}): Promise<SampleResponse> {
    return ask(
      plain
        ? { port: this.#ports.http, path, key, method }
        : { port: this.#ports.https, path, key, method, ca: this.#ca },
    );
  }
}
