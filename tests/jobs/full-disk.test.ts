/** Disks that are really full: small ones in memory, which only root may mount. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { convertAudio } from "../../src/processing/convert-audio.ts";
import { separateStems } from "../../src/processing/separate-stems.ts";
import { ffmpeg } from "../audio/audio-files.ts";
import { finished, openJobBench, submit } from "./job-bench.ts";
import { copySlowly } from "./test-operations.ts";

const DISK_BYTES = 8 * 2 ** 20;
const disk = mkdtempSync(join(tmpdir(), "hark-disk-"));
const isMounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", disk]).status === 0;
afterAll(() => {
  if (isMounted) spawnSync("umount", ["-l", disk]);
  rmSync(disk, { recursive: true, force: true });
});

/** Leaves so many bytes free. */
function fill(freeBytes: number): void {
  rmSync(join(disk, "filling"), { force: true });
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, "filling"), Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)));
}

const note = isMounted ? "" : " (skipped: this user may not mount a disk)";

describe.skipIf(!isMounted || ffmpeg === null)(`a full disk${note}`, async () => {
  const bench = await openJobBench();
  const recording = await bench.writeRecording("a.wav", 20);
  const home = join(disk, "home");

  test("of the data folder: every job says so once, leaves nothing, and is done when there is room", async () => {
    fill(3 * 2 ** 20);
    mkdirSync(home);
    const registry = new URL("../../src/processing/registry.ts", import.meta.url).href;
    const list = { list: [convertAudio, separateStems], module: registry };
    const application = bench.open({ HARK_HOME: home }, { operations: list });
    const { jobs } = application;
    // 20 s of mono are 1.8 MB: one copy of it has room in the job's folder, and none besides in the store.
    for (const [operation, parameters] of [
      [convertAudio, { format: "wav", bit_depth: 24 }],
      [separateStems, { engine: "classic" }],
    ] as const) {
      const { job } = await submit(application, operation, recording, parameters);
      const failed = await finished(jobs, job);
      expect(failed).toMatchObject({ status: "failed", attempts: 1, error: { kind: "unavailable" } });
      expect(failed.error?.message).toMatch(/disk is full|no room/);
      expect(await readdir(join(home, "jobs"))).toEqual([]);
      const left = await readdir(join(home, "store"), { recursive: true }).catch(() => []);
      expect(left.filter((name) => name !== "incoming")).toEqual([]);
    }
    rmSync(join(disk, "filling"));
    const { job } = await submit(application, convertAudio, recording, { format: "wav", bit_depth: 24 });
    expect(await finished(jobs, job)).toMatchObject({ status: "done", error: null });
    await application.jobs.close();
  });

  test("of output_dir: the result is kept in the store, with a warning, and nothing half written stays", async () => {
    const outputDir = join(disk, "outputs");
    mkdirSync(outputDir);
    fill(0);
    const application = bench.open({ HARK_ROOTS: `${bench.music}:${disk}` });
    const { job } = await submit(application, copySlowly, recording, {}, { outputDir });
    const done = await finished(application.jobs, job);
    expect(done).toMatchObject({ status: "done", error: null, files: [{ path: null }] });
    expect(done.warning).toContain("no room");
    expect(await readdir(outputDir)).toEqual([]);
    await application.jobs.close();
  });

  test("of a worker elsewhere that fetches its recording: said at once", async () => {
    const away = join(disk, "away");
    mkdirSync(away);
    fill(64 * 1024);
    const application = bench.open({ HARK_WORKER: "0" });
    // The data folder's store stands for one that machines share: the recording is there, and not where it was.
    const path = join(bench.music, "moved.wav");
    copyFileSync(recording, path);
    writeFileSync(path, Buffer.from([0, 0]), { flag: "a" });
    const { job } = await submit(application, copySlowly, path, { mark: "fetch" });
    const store = await application.files.store();
    await store.put(path, new AbortController().signal);
    rmSync(path);
    mkdirSync(join(away, "store"));
    spawnSync("mount", ["--bind", join(bench.home, "store"), join(away, "store")]);
    await bench.startWorker(1, { HARK_HOME: away });
    const failed = await finished(application.jobs, job);
    spawnSync("umount", ["-l", join(away, "store")]);
    expect(failed).toMatchObject({ status: "failed", attempts: 1, error: { kind: "unavailable" } });
    expect(failed.error?.message).toContain("no room");
    expect(await readdir(join(away, "jobs"))).toEqual([]);
  });
});
