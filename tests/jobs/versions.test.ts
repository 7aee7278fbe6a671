import { join } from "node:path";
import { expect, test } from "vitest";
import { OperationRunner } from "../../src/jobs/operation-runner.ts";
import { finished, linesOf, openJobBench, submit } from "./job-bench.ts";
import { copySlowly } from "./test-operations.ts";

const bench = await openJobBench();
/** Asks, and runs nothing itself. */
const application = bench.open({ HARK_WORKER: "0" });
const { jobs } = application;
const recording = await bench.writeRecording("a.wav");

test("a worker leaves alone what asks for another version, and says so", { timeout: 60_000 }, async () => {
  const log = join(bench.home, "versions");
  const ask = (version: number) =>
    submit(application, { ...copySlowly, version }, recording, { log, mark: String(version) });
  const [{ job: older }, { job: newer }, { job: own }] = [await ask(0), await ask(2), await ask(1)];
  await bench.startWorker();
  expect(await finished(jobs, own)).toMatchObject({ status: "done", version: 1 });
  const message = (version: number) => `Waits for a worker with version ${version} of copy_slowly`;
  for (const { id, owner, version } of [older, newer]) {
    await expect
      .poll(async () => (await jobs.get(owner, id)).progressMessage, { timeout: 10_000 })
      .toContain(message(version));
    expect(await jobs.get(owner, id)).toMatchObject({ status: "queued", attempts: 0 });
  }
  // An hour later, no worker of the old version has come.
  await bench.storage
    .sql`update jobs set heartbeat_at = now() - interval '61 minutes' where id in (${older.id}, ${newer.id})`;
  await bench.startWorker();
  const failed = await finished(jobs, older);
  expect(failed).toMatchObject({ status: "failed", attempts: 0, error: { kind: "unavailable" } });
  expect(failed.error?.message).toContain("Ask again");
  expect(await jobs.get(newer.owner, newer.id)).toMatchObject({ status: "queued" });
  expect((await linesOf(log)).filter((line) => line.startsWith("began"))).toHaveLength(1);
});

test("a process whose program was exchanged under it runs nothing of another version", async () => {
  const runner = new OperationRunner(new URL("./test-operations.ts", import.meta.url).href);
  const task = { operation: copySlowly.name, version: 2, parameters: {}, requestId: "test", logLevel: "silent" };
  const unused = { source: {}, folder: bench.home, models: { licences: new Set() } };
  const run = runner.run({ ...task, ...unused } as never, {
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  await expect(run).rejects.toMatchObject({ kind: "unavailable", mayPass: true });
  runner.close();
});

test("finishing twice is finishing once: the answer to the first time may have been lost", async () => {
  const { job } = await submit(application, { ...copySlowly, version: 9 }, recording, { mark: "twice" });
  const { jobs: repository } = bench.storage;
  const claim = await repository.claim(job.id, job.queueId);
  expect(claim).not.toBeNull();
  if (claim === null) return;
  const outcome = { result: { bytes: 1, word: "" }, files: [], warning: null };
  expect(await repository.finish(claim, outcome)).toBe(true);
  expect(await repository.finish(claim, outcome)).toBe(true);
  expect(await repository.finish({ ...claim, attempts: claim.attempts + 1 }, outcome)).toBe(false);
});

test("a job whose recording was removed fails, and says so", async () => {
  const path = await bench.writeRecording("removed.wav", 1.5);
  const { job } = await submit(application, copySlowly, path, { mark: "removed" });
  await bench.storage.sql`delete from tracks where id = ${job.trackId}`;
  const failed = await finished(jobs, job);
  expect(failed).toMatchObject({ status: "failed", attempts: 1, error: { kind: "not_found" } });
});
