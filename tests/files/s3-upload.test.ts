import { randomBytes } from "node:crypto";
import { appendFile, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { openFileStore } from "../../src/files/open-file-store.ts";
import { s3FileStore } from "../../src/files/s3-file-store.ts";
import { testFileStore } from "./file-store-contract.ts";
import { type Asked, startFlakyProxy } from "./flaky-proxy.ts";
import { startS3Server } from "./s3-server.ts";

const PART_BYTES = 50_000;
const signal = new AbortController().signal;

const server = await startS3Server();
const endpoint = new URL(server.address).searchParams.get("endpoint") ?? "";
const bucket = new URL(server.address).hostname;
const proxy = await startFlakyProxy(endpoint);
for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
const sources = await mkdtemp(join(tmpdir(), "hark-sources-"));
const home = await mkdtemp(join(tmpdir(), "hark-s3-home-"));
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  for (const folder of [sources, home]) await rm(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const place = { bucket, prefix: "parts/", endpoint: proxy.url, region: "us-east-1", folder: join(home, "incoming") };
const store = s3FileStore({ ...place, partBytes: PART_BYTES });

beforeEach(() => {
  proxy.decide = () => "pass";
});

const isPart = ({ method, url }: Asked) => method === "PUT" && url.includes("uploadId=");
const isAbort = ({ method, url }: Asked) => method === "DELETE" && url.includes("uploadId=");

async function recording(bytes: Buffer = randomBytes(3.5 * PART_BYTES)): Promise<string> {
  const path = join(sources, randomBytes(4).toString("hex"));
  await writeFile(path, bytes);
  return path;
}

// The contract's source is six parts long.
testFileStore(
  () => store,
  () => sources,
);

test("a file of several parts comes back whole, and streams leave no copy behind", async () => {
  const bytes = randomBytes(3.5 * PART_BYTES);
  const from = proxy.asked.length;
  const { sha256 } = await store.put(await recording(bytes), signal);
  expect(proxy.asked.slice(from).filter(isPart)).toHaveLength(4);
  expect((await buffer(await store.openRead(sha256))).equals(bytes)).toBe(true);
  expect(await readdir(place.folder)).toEqual([]);
});

test("a part that fails is sent again", async () => {
  const failures: (number | "cut")[] = [503, "cut"];
  proxy.decide = (asked) => (isPart(asked) ? (failures.pop() ?? "pass") : "pass");
  const bytes = randomBytes(3.5 * PART_BYTES);
  const { sha256 } = await store.put(await recording(bytes), signal);
  expect(failures).toEqual([]);
  expect((await buffer(await store.openRead(sha256))).equals(bytes)).toBe(true);
});

test("an upload that fails for good is taken back with its parts, and may be tried again", async () => {
  proxy.decide = (asked) => (isPart(asked) && asked.url.includes("partNumber=3") ? 500 : "pass");
  const from = proxy.asked.length;
  const path = await recording();
  await expect(store.put(path, signal)).rejects.toMatchObject({ kind: "unavailable", mayPass: true });
  expect(proxy.asked.slice(from).filter(isAbort)).toHaveLength(1);
  proxy.decide = () => "pass";
  expect(await store.put(path, signal)).toMatchObject({ isNew: true });
});

test("a cancelled upload is taken back with its parts", async () => {
  const cancelling = new AbortController();
  proxy.decide = (asked) => {
    if (isPart(asked) && asked.url.includes("partNumber=2")) cancelling.abort();
    return "pass";
  };
  const before = await Array.fromAsync(store.list());
  const from = proxy.asked.length;
  await expect(store.put(await recording(), cancelling.signal)).rejects.toMatchObject({ kind: "cancelled" });
  expect(proxy.asked.slice(from).filter(isAbort)).toHaveLength(1);
  await sleep(100);
  expect(await Array.fromAsync(store.list())).toEqual(before);
});

test("a file that changes meanwhile is not stored under the hash that it had", async () => {
  const path = await recording();
  const before = await Array.fromAsync(store.list());
  proxy.decide = (asked) => {
    if (isPart(asked) && asked.url.includes("partNumber=1")) void appendFile(path, "more");
    return "pass";
  };
  await expect(store.put(path, signal)).rejects.toMatchObject({ kind: "unavailable", mayPass: false });
  expect(await Array.fromAsync(store.list())).toEqual(before);
});

test("a key that may not write is not tried again", async () => {
  proxy.decide = ({ method }) => (method === "POST" || method === "PUT" ? 403 : "pass");
  await expect(store.put(await recording(), signal)).rejects.toMatchObject({ kind: "unavailable", mayPass: false });
});

test("says what is wrong with a bucket, and what to do", { timeout: 30_000 }, async () => {
  const state = async (address: string) => (await openFileStore(address, home)).state();
  const at = (
    url: string, // A folder of its own: s3rver 3.7.1 cannot abort uploads, nor list a bucket that holds parts of them.
  ) => `s3://${bucket}/own?endpoint=${encodeURIComponent(url)}`;
  expect(await state(`s3://missing-bucket?endpoint=${encodeURIComponent(endpoint)}`)).toMatchObject({
    status: "failed",
    detail: expect.stringContaining("no such bucket"),
    remedy: expect.stringContaining("Make the bucket"),
  });
  proxy.decide = ({ method }) => (method === "PUT" ? 403 : "pass");
  expect(await state(at(proxy.url))).toMatchObject({ status: "failed", detail: expect.stringContaining("may not") });
  expect(await state(at("http://127.0.0.1:9"))).toMatchObject({
    status: "failed",
    detail: expect.stringContaining("nothing answers"),
  });
  proxy.decide = () => "pass";
  expect(await state(at(proxy.url))).toMatchObject({ status: "ok", remedy: null });
});
