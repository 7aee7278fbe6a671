/** A real S3 server (s3rver) as a process, with one empty bucket. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

const BUCKET = "hark-tests";

/** The key that s3rver knows. */
const KEY = { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" };

export interface S3Server extends AsyncDisposable {
  /** For HARK_STORE. */
  readonly address: string;
  /** What the AWS SDK finds the key in. */
  readonly environment: Readonly<Record<string, string>>;
}

export async function startS3Server(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), "hark-s3-"));
  const program = join(dirname(createRequire(import.meta.url).resolve("s3rver/package.json")), "bin", "s3rver.js");
  const args = [program, "--directory", folder, "--port", "0", "--configure-bucket", BUCKET];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const lines = createInterface(child.stdout);
  const port = Promise.withResolvers<string>();
  lines.on("line", (line) => {
    const found = /listening on \S+:(\d+)/.exec(line)?.[1];
    if (found !== undefined) port.resolve(found);
  });
  exited.then(() => port.reject(new Error("s3rver has ended")));
  return {
    address: `s3://${BUCKET}/files?endpoint=${encodeURIComponent(`http://127.0.0.1:${await port.promise}`)}`,
    environment: KEY,
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
