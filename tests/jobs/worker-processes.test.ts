import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { finished, isAlive, linesOf, openJobBench, submit } from "./job-bench.ts";
import { burn, copySlowly, failTimes } from "./test-operations.ts";

const bench = await openJobBench();
/** Asks, and runs nothing itself. */
const application = bench.open({ HARK_WORKER: "0" });
const { jobs, files } = application;
const recording = await bench.writeRecording("a.wav");

async function kill(worker: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(worker, "exit");
  worker.kill(signal);
  await ended;
}

test("a job of a worker that is killed is another's within 30 s, and finishes once", { timeout: 90_000 }, async () => {
  const log = join(bench.home, "killed");
  const first = await bench.startWorker();
  const { job } = await submit(application, copySlowly, recording, { seconds: 6, log });
  await expect.poll(() => linesOf(log), { timeout: 10_000 }).toHaveLength(1);
  const orphan = Number((await linesOf(log))[0]?.split(" ")[1]);
  const second = await bench.startWorker();
  await kill(first, "SIGKILL");
  const killedAt = performance.now();
  await expect.poll(() => linesOf(log), { timeout: 40_000, interval: 100 }).toHaveLength(2);
  const redeliveredMs = performance.now() - killedAt;
  console.log(`redelivered after ${(redeliveredMs / 1000).toFixed(1)} s`);
  expect(redeliveredMs).toBeLessThan(30_000);
  expect(isAlive(orphan)).toBe(false);
  const done = await finished(jobs, job, 30_000);
  expect(done).toMatchObject({ status: "done", attempts: 2, files: [{ role: "copy_0" }] });
  expect((await linesOf(log)).filter((line) => line.startsWith("done"))).toHaveLength(1);
  expect(await readdir(join(bench.home, "jobs"))).toEqual([]);
  await kill(second, "SIGTERM");
});

test("what a killed worker had computing ends too", { timeout: 60_000 }, async () => {
  const pids = join(bench.home, "pids");
  const worker = await bench.startWorker();
  const { job } = await submit(application, burn, recording, { seconds: 60, pids });
  await expect.poll(() => linesOf(pids), { timeout: 15_000 }).toHaveLength(1);
  const left = (await linesOf(pids))[0]?.split(" ").map(Number) ?? [];
  await kill(worker, "SIGKILL");
  expect(left.map(isAlive)).toEqual([true, true]);
  await expect.poll(() => left.some(isAlive), { timeout: 5_000 }).toBe(false);
  await jobs.cancel(job.owner, job.id);
});

test("two workers share fifty jobs, none lost and none done twice", { timeout: 120_000 }, async () => {
  const log = join(bench.home, "fifty");
  const workers = await Promise.all([bench.startWorker(2), bench.startWorker(2)]);
  const marks = Array.from({ length: 50 }, (_, number) => `job-${number}`);
  const asked = await Promise.all(
    marks.map((mark) => submit(application, copySlowly, recording, { log, mark, seconds: 0.2 })),
  );
  const done = await Promise.all(asked.map(({ job }) => finished(jobs, job, 90_000)));
  expect(done.map(({ status }) => status)).toEqual(marks.map(() => "done"));
  expect(done.map(({ attempts }) => attempts)).toEqual(marks.map(() => 1));
  const lines = await linesOf(log);
  expect(
    lines
      .filter((line) => line.startsWith("done"))
      .map((line) => line.split(" ")[2])
      .sort(),
  ).toEqual(marks.sort());
  expect(new Set(lines.map((line) => line.split(" ")[1])).size).toBe(4);
  for (const worker of workers) await kill(worker, "SIGTERM");
});

test("a worker that is stopped hands its job back at once", { timeout: 60_000 }, async () => {
  const log = join(bench.home, "stopped");
  const first = await bench.startWorker();
  const { job } = await submit(application, copySlowly, recording, { seconds: 3, log });
  await expect.poll(() => linesOf(log), { timeout: 10_000 }).toHaveLength(1);
  const second = await bench.startWorker();
  const stoppedAt = performance.now();
  await kill(first, "SIGTERM");
  await expect.poll(() => linesOf(log), { timeout: 10_000, interval: 50 }).toHaveLength(2);
  expect(performance.now() - stoppedAt).toBeLessThan(5_000);
  expect(await finished(jobs, job)).toMatchObject({ status: "done" });
  await kill(second, "SIGTERM");
});

test("a job whose last worker dies is a dead letter, and says so", { timeout: 90_000 }, async () => {
  const { job } = await submit(application, copySlowly, recording, { seconds: 60, mark: "deadly" });
  const first = await bench.startWorker();
  await expect.poll(async () => (await jobs.get(job.owner, job.id)).attempts, { timeout: 10_000 }).toBe(1);
  await kill(first, "SIGKILL");
  // As if this had been the last attempt of all, long ago.
  await bench.storage.sql`
    update hark_queue.job set retry_limit = 0, heartbeat_on = now() - interval '1 minute' where id = ${job.queueId}::uuid`;
  const second = await bench.startWorker();
  const failed = await finished(jobs, job, 40_000);
  expect(failed).toMatchObject({ status: "failed", attempts: 1, error: { kind: "internal" } });
  expect(failed.error?.message).toContain("given up");
  await kill(second, "SIGTERM");
});

test("a lost database connection loses nothing", { timeout: 90_000 }, async () => {
  const log = join(bench.home, "disconnected");
  const worker = await bench.startWorker();
  const { job } = await submit(application, copySlowly, recording, { seconds: 3, log });
  await expect.poll(() => linesOf(log), { timeout: 10_000 }).toHaveLength(1);
  for (let cut = 0; cut < 10; cut++) {
    await bench.storage.sql`
      select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
    await sleep(400);
  }
  const done = await finished(jobs, job, 60_000);
  expect(done).toMatchObject({ status: "done" });
  expect((await linesOf(log)).filter((line) => line.startsWith("done"))).toHaveLength(done.attempts);
  expect(await (await files.store()).size(done.files[0]?.sha256 ?? "")).not.toBeNull();
  await kill(worker, "SIGTERM");
});

test("work goes on that a server left behind which was killed", { timeout: 60_000 }, async () => {
  const { job } = await submit(application, failTimes, recording, {
    state: join(bench.home, "left"),
    times: 0,
    kind: "upstream",
  });
  const next = bench.open({}, { resumesJobs: true });
  await next.services.library.list({ limit: 1 });
  expect(await finished(jobs, job)).toMatchObject({ status: "done" });
});
