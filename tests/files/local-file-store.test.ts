import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { localFileStore } from "../../src/files/local-file-store.ts";
import { testFileStore } from "./file-store-contract.ts";

const root = await mkdtemp(join(tmpdir(), "hark-store-"));
const sources = await mkdtemp(join(tmpdir(), "hark-sources-"));
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
  await rm(sources, { recursive: true, force: true });
});

const store = localFileStore(join(root, "store"));
testFileStore(
  () => store,
  () => sources,
);

test.skipIf(process.platform === "win32")("nobody else may read it (skipped: on Windows)", async () => {
  const { sha256 } = await store.put(Readable.from(["secret"]), new AbortController().signal);
  expect((await stat(join(root, "store"))).mode & 0o777).toBe(0o700);
  expect((await stat(join(root, "store", sha256.slice(0, 2), sha256))).mode & 0o777).toBe(0o400);
  expect(await readdir(join(root, "store", "incoming"))).toEqual([]);
});

test.skipIf(process.platform === "win32")(
  "says that the disk is full, and leaves nothing (skipped: on Windows)",
  async () => {
    const script = join(sources, "put.ts");
    const module = new URL("../../src/files/local-file-store.ts", import.meta.url).href;
    await writeFile(
      script,
      `import { Readable } from "node:stream";
process.on("SIGXFSZ", () => {});
const { localFileStore } = await import(${JSON.stringify(module)});
const store = localFileStore(${JSON.stringify(join(root, "full"))});
const error = await store.put(Readable.from([Buffer.alloc(4_000_000)]), new AbortController().signal).catch((thrown) => thrown);
console.log(JSON.stringify({ kind: error.kind, message: error.message }));`,
    );
    // A limit on the size of files stands for the end of the disk: 512 blocks of 1 or 0.5 kB.
    const command = `ulimit -f 512; exec "${process.execPath}" "${script}"`;
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", command]);
    const { kind, message } = JSON.parse(stdout);
    expect(kind).toBe("unavailable");
    expect(message).toContain("no room");
    expect(await readdir(join(root, "full", "incoming"))).toEqual([]);
  },
);
