import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, expect, test, vi } from "vitest";
import { openFileStore } from "../../src/files/open-file-store.ts";
import { testFileStore } from "./file-store-contract.ts";
import { startS3Server } from "./s3-server.ts";

const server = await startS3Server();
for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
const sources = await mkdtemp(join(tmpdir(), "hark-sources-"));
const home = await mkdtemp(join(tmpdir(), "hark-s3-home-"));
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  for (const folder of [sources, home]) await rm(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const store = await openFileStore(server.address, home);
testFileStore(
  () => store,
  () => sources,
);

test("is shared between machines", () => {
  expect(store.isShared).toBe(true);
});

test("a store that does not answer is unavailable", { timeout: 30_000 }, async () => {
  const away = await openFileStore("s3://bucket?endpoint=http://127.0.0.1:9", sources);
  await expect(away.put(Readable.from(["x"]), new AbortController().signal)).rejects.toMatchObject({
    kind: "unavailable",
  });
  await expect(away.size("a".repeat(64))).rejects.toMatchObject({ kind: "unavailable" });
});

test("addresses that are none are refused", async () => {
  for (const address of ["bucket", "http://bucket", "s3://", "s3://bucket?endpoint=somewhere"]) {
    await expect(openFileStore(address, sources)).rejects.toMatchObject({ kind: "invalid_input" });
  }
});
