import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { type Asked, startFlakyProxy } from "../files/flaky-proxy.ts";
import { startS3Server } from "../files/s3-server.ts";
import { finished, openJobBench, submit } from "./job-bench.ts";
import { copySlowly } from "./test-operations.ts";

const server = await startS3Server();
const address = new URL(server.address);
const proxy = await startFlakyProxy(address.searchParams.get("endpoint") ?? "");
address.searchParams.set("endpoint", proxy.url);
for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});
const bench = await openJobBench({ HARK_STORE: address.href, ...server.environment });
const application = bench.open();
const { jobs, files } = application;
const recording = await bench.writeRecording("a.wav");
/** Its copy for workers elsewhere is stored by the first job. */
const { job: first } = await submit(application, copySlowly, recording);
await finished(jobs, first);

beforeEach(() => {
  proxy.decide = () => "pass";
});

const isUpload = ({ method, url }: Asked) => method === "PUT" && !url.includes("write-test");
const stored = async () => (await Array.fromAsync((await files.store()).list())).map(({ sha256 }) => sha256).sort();

test("a store that is away for a moment costs no second run", { timeout: 40_000 }, async () => {
  const path = await bench.writeRecording("away.wav", 1.5);
  const { job } = await submit(application, copySlowly, path, { seconds: 0.5 });
  const from = performance.now();
  let refused = 0;
  proxy.decide = (asked) => {
    if (!isUpload(asked) || performance.now() - from > 4_000) return "pass";
    refused++;
    return 503;
  };
  expect(await finished(jobs, job)).toMatchObject({ status: "done", attempts: 1, error: null });
  // The SDK tries three times by itself.
  expect(refused).toBeGreaterThan(3);
});

test("a store that refuses is an error at once, which says so, and leaves no file", async () => {
  const path = await bench.writeRecording("refused.wav", 1.7);
  const { job } = await submit(application, copySlowly, path, { seconds: 0.5, copies: 2 });
  const before = await stored();
  let uploads = 0;
  proxy.decide = (asked) => (isUpload(asked) && ++uploads > 1 ? 403 : "pass");
  const failed = await finished(jobs, job);
  expect(failed).toMatchObject({ status: "failed", attempts: 1, error: { kind: "unavailable" } });
  expect(failed.error?.message).toContain("object store");
  expect(uploads).toBe(2);
  expect(await stored()).toEqual(before);
});

test("cancelling while files go to the store leaves none there", { timeout: 40_000 }, async () => {
  const before = await stored();
  const third = await bench.writeRecording("c.wav", 3);
  let uploads = 0;
  // The source, the first of three files, and then nothing.
  proxy.decide = (asked) => (isUpload(asked) && ++uploads > 2 ? "hang" : "pass");
  const { job } = await submit(application, copySlowly, third, { mark: "hangs", copies: 3 });
  await expect.poll(() => uploads, { timeout: 10_000 }).toBe(3);
  const cancelledAt = performance.now();
  expect(await jobs.cancel(job.owner, job.id)).toMatchObject({ wasCancelled: true });
  await expect.poll(() => readdir(join(bench.home, "jobs")), { timeout: 2_000, interval: 50 }).toEqual([]);
  expect(performance.now() - cancelledAt).toBeLessThan(2_000);
  proxy.decide = () => "pass";
  await sleep(200);
  const left = (await stored()).filter((sha256) => !before.includes(sha256));
  expect(left).toEqual([job.sourceSha256]);
});

test("a source that breaks off on its way from the store is fetched again", { timeout: 40_000 }, async () => {
  const path = await bench.writeRecording("d.wav", 2.5);
  const asking = bench.open({ HARK_WORKER: "0" });
  const { job } = await submit(asking, copySlowly, path, { mark: "fetch" });
  const key = `/${job.sourceSha256}`;
  let cuts = 0;
  proxy.decide = ({ method, url }) => (method === "GET" && url.includes(key) && cuts++ < 1 ? "cut" : "pass");
  const elsewhere = { HARK_HOME: join(bench.home, "elsewhere"), HARK_ROOTS: join(bench.home, "elsewhere") };
  await application.jobs.close();
  await bench.startWorker(1, elsewhere);
  expect(await finished(asking.jobs, job)).toMatchObject({ status: "done", error: null });
  expect(cuts).toBeGreaterThan(1);
});
