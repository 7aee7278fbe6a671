import { mkdir, readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { collectGarbage } from "../../src/jobs/garbage.ts";
import { finished, openJobBench, submit } from "./job-bench.ts";
import { copySlowly } from "./test-operations.ts";

const HOUR_MS = 3_600_000;
const bench = await openJobBench();
const application = bench.open();
const { jobs, files } = application;
const foldersRoot = join(bench.home, "jobs");

test("removes what nothing refers to, and nothing that is young or in use", async () => {
  const store = await files.store();
  const recording = await bench.writeRecording("a.wav");
  const { job } = await submit(application, copySlowly, recording);
  const kept = (await finished(jobs, job)).files[0]?.sha256 ?? "";
  const running = await submit(application, copySlowly, recording, { seconds: 4 });
  await expect.poll(async () => (await jobs.get("local", running.job.id)).status).toBe("running");
  const unused = await store.put(Readable.from(["nobody wants this"]), new AbortController().signal);
  const left = join(foldersRoot, "job_0123-1");
  await mkdir(join(left, "work"), { recursive: true });
  await utimes(left, new Date(Date.now() - 2 * HOUR_MS), new Date(Date.now() - 2 * HOUR_MS));

  const options = { jobs: bench.storage.jobs, store, foldersRoot, olderThanDays: null };
  const young = await jobs.collectGarbage({ dryRun: true, olderThanDays: null });
  expect(young).toEqual({ jobs: 0, files: 0, fileBytes: 0, folders: 1, uploads: 0 });
  const later = { ...options, now: Date.now() + 2 * HOUR_MS };
  const found = { jobs: 0, files: 1, fileBytes: unused.sizeBytes, folders: 1, uploads: 0 };
  expect(await collectGarbage({ ...later, dryRun: true })).toEqual(found);
  expect(await store.size(unused.sha256)).not.toBeNull();
  expect(await collectGarbage({ ...later, dryRun: false })).toEqual(found);
  expect(await store.size(unused.sha256)).toBeNull();
  expect(await store.size(kept)).not.toBeNull();
  expect(await readdir(foldersRoot)).toEqual([`${running.job.id}-1`]);
  expect(await finished(jobs, running.job)).toMatchObject({ status: "done" });
});

test("forgets old jobs, and their files then", async () => {
  const store = await files.store();
  const options = { jobs: bench.storage.jobs, store, foldersRoot, dryRun: false };
  const now = Date.now() + 48 * HOUR_MS;
  expect(await collectGarbage({ ...options, olderThanDays: 10, now })).toMatchObject({ jobs: 0, files: 0 });
  expect(await collectGarbage({ ...options, olderThanDays: 1, now })).toMatchObject({ jobs: 2 });
  expect(await Array.fromAsync(store.list())).toEqual([]);
  expect(await jobs.list("local", { limit: 10 })).toEqual([]);
});
