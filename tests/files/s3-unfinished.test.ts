/** s3rver keeps unfinished parts but neither lists nor drops them, so that the proxy before it answers these two requests as Amazon's does. */
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { localFileStore } from "../../src/files/local-file-store.ts";
import { s3FileStore } from "../../src/files/s3-file-store.ts";
import { type Asked, type Fate, startFlakyProxy } from "./flaky-proxy.ts";
import { startS3Server } from "./s3-server.ts";

const DAY_MS = 86_400_000;
const [OLD, YOUNG, THEIRS] = ["a", "b", "c"].map((digit) => digit.repeat(64));

const server = await startS3Server();
const endpoint = new URL(server.address).searchParams.get("endpoint") ?? "";
const bucket = new URL(server.address).hostname;
const proxy = await startFlakyProxy(endpoint);
for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
const folder = await mkdtemp(join(tmpdir(), "hark-unfinished-"));
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});
const place = { bucket, prefix: "files/", region: "us-east-1", folder };
const store = s3FileStore({ ...place, endpoint: proxy.url });
const dayAgo = () => new Date(Date.now() - DAY_MS);

interface Upload {
  readonly key: string;
  readonly id: string;
  readonly ageDays: number;
}

const uploads: readonly Upload[] = [
  { key: `files/${OLD}`, id: "one", ageDays: 3 },
  { key: `files/${YOUNG}`, id: "two", ageDays: 0.5 },
  { key: "files/of-somebody-else", id: "three", ageDays: 30 },
  { key: `files/${OLD}`, id: "four", ageDays: 2 },
  { key: `files/sub/${THEIRS}`, id: "five", ageDays: 30 },
];
let left: Upload[] = [];
beforeEach(() => {
  left = [...uploads];
  proxy.decide = answer;
});

/** Two uploads a page. */
function answer({ method, url }: Asked): Fate {
  const { pathname, searchParams } = new URL(url, proxy.url);
  const id = searchParams.get("uploadId");
  if (method === "DELETE" && id !== null) {
    const upload = left.find((one) => one.id === id && pathname === `/${bucket}/${one.key}`);
    left = left.filter((one) => one !== upload);
    return upload === undefined ? 404 : 204;
  }
  if (method !== "GET" || !searchParams.has("uploads")) return "pass";
  const from = uploads.findIndex((one) => one.id === searchParams.get("upload-id-marker")) + 1;
  const page = uploads.slice(from, from + 2);
  const listed = page.map(({ key, id: uploadId, ageDays }) => {
    const initiated = new Date(Date.now() - ageDays * DAY_MS).toISOString();
    return `<Upload><Key>${key}</Key><UploadId>${uploadId}</UploadId><Initiated>${initiated}</Initiated></Upload>`;
  });
  const last = page.at(-1);
  const markers =
    last === undefined || from + 2 >= uploads.length
      ? "<IsTruncated>false</IsTruncated>"
      : `<IsTruncated>true</IsTruncated><NextKeyMarker>${last.key}</NextKeyMarker><NextUploadIdMarker>${last.id}</NextUploadIdMarker>`;
  const xml = `<ListMultipartUploadsResult>${markers}${listed.join("")}</ListMultipartUploadsResult>`;
  return { xml };
}

test("counts and gives up uploads of files that were begun more than a day ago, page by page", async () => {
  expect(await store.removeUnfinished(dayAgo(), true)).toBe(2);
  expect(left).toHaveLength(uploads.length);
  expect(await store.removeUnfinished(dayAgo(), false)).toBe(2);
  expect(left.map(({ id }) => id)).toEqual(["two", "three", "five"]);
});

test("an upload that was finished meanwhile is no error, another answer is", async () => {
  const gone = "<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>";
  proxy.decide = (asked) => (asked.method === "DELETE" ? { xml: gone, status: 404 } : answer(asked));
  expect(await store.removeUnfinished(dayAgo(), false)).toBe(2);
  proxy.decide = (asked) => (asked.method === "DELETE" ? 403 : answer(asked));
  await expect(store.removeUnfinished(dayAgo(), false)).rejects.toMatchObject({ kind: "unavailable" });
});

test("a store that lists no uploads says so", async () => {
  const bare = s3FileStore({ ...place, endpoint });
  expect(await bare.removeUnfinished(dayAgo(), false)).toBeNull();
});

test("copies on their way that a killed process has left on the disk go too", async () => {
  const local = localFileStore(join(folder, "store"));
  expect(await local.removeUnfinished(dayAgo(), false)).toBe(0);
  await local.put(import.meta.filename, new AbortController().signal);
  const [old, young] = ["old", "young"].map((name) => join(folder, "store", "incoming", name));
  for (const path of [old, young]) await writeFile(path, "half");
  await utimes(old, dayAgo(), new Date(dayAgo().getTime() - 1000));
  expect(await local.removeUnfinished(dayAgo(), true)).toBe(1);
  expect(await local.removeUnfinished(dayAgo(), false)).toBe(1);
  expect(await local.removeUnfinished(new Date(Date.now() + 1000), false)).toBe(1);
});
