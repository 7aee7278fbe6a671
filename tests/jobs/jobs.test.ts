import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { finished, isAlive, linesOf, openJobBench, submit } from "./job-bench.ts";
import { burn, copySlowly, failTimes, nameForeignFile } from "./test-operations.ts";

const bench = await openJobBench();
const application = bench.open();
const { jobs, files } = application;
const recording = await bench.writeRecording("a.wav");

test("runs a job to its result and keeps its file", async () => {
  const { job, created } = await submit(application, copySlowly, recording);
  expect(created).toBe(true);
  expect(job).toMatchObject({ status: "queued", attempts: 0 });
  const done = await finished(jobs, job);
  const bytes = (await readFile(recording)).length;
  expect(done).toMatchObject({
    status: "done",
    attempts: 1,
    progressShare: 1,
    result: { bytes },
    error: null,
    warning: null,
  });
  const [file] = done.files;
  expect(file).toMatchObject({ role: "copy_0", filename: "copy.wav", path: null, sizeBytes: bytes + 1 });
  expect(await (await files.store()).size(file?.sha256 ?? "")).toBe(bytes + 1);
  expect(await readdir(join(bench.home, "jobs"))).toEqual([]);
});

test("the same work is the same job, until it fails, is cancelled or loses its files", async () => {
  const parameters = { mark: "same" };
  const first = await submit(application, copySlowly, recording, parameters);
  const again = await submit(application, copySlowly, recording, parameters);
  expect(again).toMatchObject({ created: false, job: { id: first.job.id } });
  const other = await submit(application, copySlowly, recording, { mark: "other" });
  const foreign = await submit(application, copySlowly, recording, parameters, { owner: "somebody else" });
  await finished(jobs, foreign.job);
  expect(new Set([first.job.id, other.job.id, foreign.job.id]).size).toBe(3);
  const done = await finished(jobs, first.job);
  expect(await submit(application, copySlowly, recording, parameters)).toMatchObject({ created: false });
  await (await files.store()).remove(done.files[0]?.sha256 ?? "");
  const redone = await submit(application, copySlowly, recording, parameters);
  expect(redone.created).toBe(true);
  await jobs.cancel(redone.job.owner, redone.job.id);
  expect(await submit(application, copySlowly, recording, parameters)).toMatchObject({ created: true });
});

test("many at once ask for the same job, and get one", async () => {
  const asked = await Promise.all(
    Array.from({ length: 8 }, () => submit(application, copySlowly, recording, { mark: "race" })),
  );
  expect(new Set(asked.map(({ job }) => job.id)).size).toBe(1);
  expect(asked.filter(({ created }) => created)).toHaveLength(1);
});

test("an owner sees no other's jobs", async () => {
  const { job } = await submit(application, copySlowly, recording, { mark: "mine" });
  await expect(jobs.get("somebody else", job.id)).rejects.toMatchObject({ kind: "not_found" });
  await expect(jobs.cancel("somebody else", job.id)).rejects.toMatchObject({ kind: "not_found" });
  expect((await jobs.list("nobody", { limit: 10 })).length).toBe(0);
});

test("tries again what may pass, and not what cannot", async () => {
  const state = join(bench.home, "upstream");
  const passing = await submit(application, failTimes, recording, { state, times: 2, kind: "upstream" });
  const hopeless = await submit(application, failTimes, recording, {
    state: join(bench.home, "wrong"),
    times: 9,
    kind: "invalid_input",
  });
  const crash = await submit(application, failTimes, recording, {
    state: join(bench.home, "crash"),
    times: 1,
    kind: "exit",
  });
  expect(await finished(jobs, passing.job)).toMatchObject({ status: "done", attempts: 3, result: { runs: 3 } });
  expect(await finished(jobs, crash.job)).toMatchObject({ status: "done", attempts: 2 });
  expect(await finished(jobs, hopeless.job)).toMatchObject({
    status: "failed",
    attempts: 1,
    error: { kind: "invalid_input", message: "It was to fail." },
  });
});

test("gives up when its processes die again and again", { timeout: 60_000 }, async () => {
  const parameters = { state: join(bench.home, "exit"), times: 99, kind: "exit" };
  const { job } = await submit(application, failTimes, recording, parameters);
  const failed = await finished(jobs, job, 50_000);
  expect(failed).toMatchObject({ status: "failed", attempts: 4, error: { kind: "internal" } });
  expect(failed.error?.message).toContain("has died");
  const again = await submit(application, failTimes, recording, parameters);
  expect(again.created).toBe(true);
  await jobs.cancel(again.job.owner, again.job.id);
});

test("a fault of the program is not tried again, and its words stay in the log", async () => {
  const parameters = { state: join(bench.home, "bug"), times: 99, kind: "bug" };
  const { job } = await submit(application, failTimes, recording, parameters);
  const failed = await finished(jobs, job);
  expect(failed).toMatchObject({ status: "failed", attempts: 1, error: { kind: "internal" } });
  expect(failed.error?.message).not.toContain("secret");
});

test("a full disk is said clearly, once", async () => {
  const state = join(bench.home, "full");
  const { job } = await submit(application, failTimes, recording, { state, times: 9, kind: "full" });
  const failed = await finished(jobs, job);
  expect(failed).toMatchObject({ status: "failed", attempts: 1, error: { kind: "unavailable" } });
  expect(failed.error?.message).toContain("no room");
});

test("cancelling a running job ends its processes within 2 s and leaves no files", async () => {
  const pids = join(bench.home, "pids");
  const stored = await storedFiles();
  const { job } = await submit(application, burn, recording, { seconds: 60, pids });
  await expect.poll(() => linesOf(pids), { timeout: 15_000 }).toHaveLength(1);
  const [line = ""] = await linesOf(pids);
  const running = line.split(" ").map(Number);
  expect(running.map(isAlive)).toEqual([true, true]);
  const startedAt = performance.now();
  expect(await jobs.cancel(job.owner, job.id)).toMatchObject({ wasCancelled: true, job: { status: "cancelled" } });
  await expect.poll(() => running.some(isAlive), { timeout: 5_000, interval: 20 }).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  await expect.poll(() => readdir(join(bench.home, "jobs")), { timeout: 2_000 }).toEqual([]);
  expect(await storedFiles()).toEqual(stored);
  expect(await jobs.get(job.owner, job.id)).toMatchObject({ status: "cancelled", files: [] });
  expect(await jobs.cancel(job.owner, job.id)).toMatchObject({ wasCancelled: false });
});

test("a queued job that is cancelled never begins", async () => {
  const log = join(bench.home, "never");
  const first = await submit(application, copySlowly, recording, { seconds: 1, mark: "holds the worker" });
  const queued = await submit(application, copySlowly, recording, { log });
  await jobs.cancel(queued.job.owner, queued.job.id);
  await finished(jobs, first.job);
  const after = await submit(application, copySlowly, recording, { mark: "after" });
  await finished(jobs, after.job);
  expect(await linesOf(log)).toEqual([]);
});

test("the most urgent goes first", async () => {
  const log = join(bench.home, "order");
  const first = await submit(application, copySlowly, recording, { seconds: 1, mark: "holds the worker again" });
  await expect.poll(async () => (await jobs.get(first.job.owner, first.job.id)).status).toBe("running");
  const asked = [0, 5, 9, 1].map((priority) =>
    submit(application, copySlowly, recording, { log, mark: String(priority) }, { priority }),
  );
  for (const { job } of await Promise.all(asked)) await finished(jobs, job);
  const began = (await linesOf(log)).filter((line) => line.startsWith("began"));
  expect(began.map((line) => line.split(" ").at(-1))).toEqual(["9", "5", "1", "0"]);
});

test("progress is told, and grows", async () => {
  const { job } = await submit(application, copySlowly, recording, { seconds: 2, mark: "progress" });
  const shares: number[] = [];
  const onProgress = ([followed]: readonly { progressShare: number | null }[]) =>
    void shares.push(followed?.progressShare ?? 0);
  await jobs.follow(job.owner, [job.id], { limitMs: 20_000, signal: new AbortController().signal, onProgress });
  expect(new Set(shares).size).toBeGreaterThan(2);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
});

test("an output outside of the operation's folder is refused", async () => {
  const { job } = await submit(application, nameForeignFile, recording);
  expect(await finished(jobs, job)).toMatchObject({ status: "failed", files: [], error: { kind: "internal" } });
});

test("outputs go into a folder, beside what is there, with names that are safe", async () => {
  const outputDir = join(bench.music, "out");
  await mkdir(outputDir);
  await writeFile(join(outputDir, "x.wav"), "the user's own");
  const parameters = { filename: "../../x.wav", copies: 2 };
  const { job } = await submit(application, copySlowly, recording, { ...parameters, filename: "x.wav" }, { outputDir });
  const done = await finished(jobs, job);
  expect(done.files.map(({ filename }) => filename)).toEqual(["x (2).wav", "x (2) (2).wav"]);
  expect(await readFile(join(outputDir, "x.wav"), "utf8")).toBe("the user's own");
  const hostile = await submit(application, copySlowly, recording, parameters, { outputDir });
  expect((await finished(jobs, hostile.job)).files.map(({ filename }) => filename)).toEqual([
    "_.._x.wav",
    "_.._x (2).wav",
  ]);
  const asked = await submit(application, copySlowly, recording, { filename: "x.wav" }, { outputDir, overwrite: true });
  expect((await finished(jobs, asked.job)).files.map(({ filename }) => filename)).toEqual(["x.wav"]);
  expect(await readFile(join(outputDir, "x.wav"), "utf8")).not.toBe("the user's own");
  expect((await readdir(outputDir)).filter((name) => name.startsWith("."))).toEqual([]);
});

test("output folders outside of the roots are refused, also by links", async () => {
  const link = join(bench.music, "link");
  await symlink(bench.home, link);
  for (const outputDir of ["/etc", bench.home, link, join(bench.music, "..")]) {
    await expect(submit(application, copySlowly, recording, {}, { outputDir })).rejects.toMatchObject({
      kind: "forbidden",
    });
  }
  await expect(
    submit(application, copySlowly, recording, {}, { outputDir: join(bench.music, "none") }),
  ).rejects.toMatchObject({
    kind: "not_found",
  });
  await expect(submit(application, copySlowly, recording, {}, { outputDir: recording })).rejects.toMatchObject({
    kind: "invalid_input",
  });
});

test("a folder that goes while the job runs costs no result", async () => {
  const outputDir = join(bench.music, "goes");
  await mkdir(outputDir);
  const { job } = await submit(application, copySlowly, recording, { seconds: 1 }, { outputDir });
  await expect.poll(async () => (await jobs.get(job.owner, job.id)).status).toBe("running");
  await rm(outputDir, { recursive: true });
  const done = await finished(jobs, job);
  expect(done).toMatchObject({ status: "done", files: [{ path: null, filename: "copy.wav" }] });
  expect(done.warning).toContain("output_dir does not exist");
  await mkdir(outputDir);
  const again = await submit(application, copySlowly, recording, { seconds: 1 }, { outputDir });
  expect(await finished(jobs, again.job)).toMatchObject({
    files: [{ path: join(outputDir, "copy.wav") }],
    warning: null,
  });
  expect(await submit(application, copySlowly, recording, { seconds: 1 }, { outputDir })).toMatchObject({
    created: false,
  });
});

async function storedFiles(): Promise<string[]> {
  const found: string[] = [];
  for await (const { sha256 } of (await files.store()).list()) found.push(sha256);
  return found.sort();
}
