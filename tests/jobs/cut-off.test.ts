/** What a job depends on is killed or cut off in the middle of it. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { convertAudio } from "../../src/processing/convert-audio.ts";
import { separateStems } from "../../src/processing/separate-stems.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { ffmpegChildren } from "../fixtures/child-processes.ts";
import { finished, linesOf, openJobBench, submit } from "./job-bench.ts";
import { copySlowly } from "./test-operations.ts";

const bench = await openJobBench();

/** A way to the database that can be cut. */
async function startCutter() {
  const url = new URL(bench.settings.DATABASE_URL ?? "");
  const folder = url.searchParams.get("host") ?? "";
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = folder.startsWith("/") ? connect(join(folder, ".s.PGSQL.5432")) : connect(5432, folder);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    databaseUrl: `postgres://hark@127.0.0.1:${address.port}${url.pathname}`,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = false;
    },
  };
}

/** FFmpegs below the processes that this one started. */
function ffmpegsBelow(root: number): number[] {
  if (!existsSync("/proc/self/stat")) return ffmpegChildren(root);
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && parentOf(name) === root);
  return [...ffmpegChildren(root), ...children.flatMap((pid) => ffmpegsBelow(Number(pid)))];
}

function parentOf(pid: string): number {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  } catch {
    return 0;
  }
}

test("a database that is away for longer than a worker may be silent costs no result", {
  timeout: 120_000,
}, async () => {
  const cutter = await startCutter();
  const asking = bench.open({ HARK_WORKER: "0" });
  const recording = await bench.writeRecording("a.wav");
  const log = join(bench.home, "cut");
  // Two workers, so that another one is there to take over what seems dead.
  await bench.startWorker(1, { DATABASE_URL: cutter.databaseUrl });
  const { job } = await submit(asking, copySlowly, recording, { seconds: 6, log });
  await expect.poll(() => linesOf(log), { timeout: 10_000 }).toHaveLength(1);
  await bench.startWorker(1);
  cutter.cut();
  await sleep(22_000);
  cutter.mend();
  const done = await finished(asking.jobs, job, 60_000);
  expect(done).toMatchObject({ status: "done", error: null, attempts: 2 });
  expect(await (await asking.files.store()).size(done.files[0]?.sha256 ?? "")).toBe(done.files[0]?.sizeBytes);
  // The worker that was cut off takes work again.
  const after = await Promise.all(
    ["x", "y", "z", "w"].map((mark) => submit(asking, copySlowly, recording, { seconds: 2, log, mark })),
  );
  for (const { job: next } of after)
    expect(await finished(asking.jobs, next, 30_000)).toMatchObject({ status: "done" });
  const lines = (await linesOf(log)).filter((line) => /^began \d+ [x-z w]/.test(line));
  expect(new Set(lines.map((line) => line.split(" ")[1])).size).toBe(2);
  expect(readdirSync(join(bench.home, "jobs"))).toEqual([]);
});

describe.skipIf(ffmpeg === null)(`FFmpeg that is killed${ffmpegNote}`, async () => {
  const registry = new URL("../../src/processing/registry.ts", import.meta.url).href;
  const list = { list: [convertAudio, separateStems], module: registry };

  // Long enough for FFmpeg to be met at work on a fast machine.
  test.each([
    { name: "convert_audio", operation: convertAudio, parameters: { format: "mp3" }, seconds: 900 },
    { name: "separate_stems", operation: separateStems, parameters: { engine: "classic" }, seconds: 120 },
  ])("$name is done again, once", { timeout: 120_000 }, async ({ operation, parameters, seconds }) => {
    const path = join(bench.music, `${seconds}.wav`);
    const noise = ["-f", "lavfi", "-i", `anoisesrc=d=${seconds}:a=0.1:r=44100`];
    execFileSync(ffmpeg?.path ?? "ffmpeg", ["-v", "error", ...noise, path]);
    const { jobs } = bench.open({}, { operations: list });
    const { job } = await submit(bench.open({ HARK_WORKER: "0" }), operation, path, parameters);
    await jobs.resume();
    // Once it is under way: before, FFmpeg is only asked for its version.
    const share = async () => (await jobs.get(job.owner, job.id)).progressShare ?? 0;
    await expect.poll(share, { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
    const running = ffmpegsBelow(process.pid);
    expect(running).not.toEqual([]);
    for (const pid of running) process.kill(pid, "SIGKILL");
    const done = await finished(jobs, job, 90_000);
    expect(done).toMatchObject({ status: "done", error: null, attempts: 2 });
    await jobs.close();
  });
});
