/** Operations on folders: by the tool, on a real queue, with real conversions. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { LOCAL_CALLER } from "../../src/caller.ts";
import { convertAudio } from "../../src/processing/convert-audio.ts";
import { normalizeLoudness } from "../../src/processing/normalize-loudness.ts";
import { OPERATIONS } from "../../src/processing/registry.ts";
import { getJob } from "../../src/tools/get-job.ts";
import { operationTool } from "../../src/tools/operation-tool.ts";
import { runTool } from "../../src/tools/run-tool.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { openJobBench } from "./job-bench.ts";
import { copySlowly } from "./test-operations.ts";

const bench = await openJobBench();
const real = { list: OPERATIONS, module: new URL("../../src/processing/registry.ts", import.meta.url).href };
const converting = bench.open({}, { operations: real, jobWaitMs: 60_000 });
const copying = bench.open({ HARK_JOBS: "2" }, { jobWaitMs: Number.POSITIVE_INFINITY, jobsEndWithCall: true });
const hasty = bench.open({}, { jobWaitMs: 1 });

let folder = "";
let output = "";
let count = 0;

beforeEach(async () => {
  folder = join(bench.music, `in-${++count}`);
  output = join(bench.music, `out-${count}`);
  await mkdir(join(folder, "album", "disc 1"), { recursive: true });
  await mkdir(output);
});

/** A tone of its own: equal recordings would be one. */
async function record(...parts: string[]): Promise<void> {
  const hz = 200 + Math.random() * 1000;
  await writeFile(join(folder, ...parts), wavFile([sine(hz, 8000, 12_000, 0.2)], 8000));
}

type Application = typeof converting;

async function run(
  { services }: Application,
  operation: Parameters<typeof operationTool>[0],
  input: object,
  signal = new AbortController().signal,
) {
  const { value, text } = await runTool(operationTool(operation), input, { services, signal, progress: () => {} });
  return { ...Object(value), text };
}

describe.skipIf(ffmpeg === null)(`a folder${ffmpegNote}`, () => {
  test("is converted with its tree, what fails or is no audio is named, and the same call again does nothing again", async () => {
    await record("one.wav");
    await record("album", "two.wav");
    await record("album", "disc 1", "three.wav");
    await writeFile(join(folder, "album", "broken.wav"), "no audio at all");
    await writeFile(join(folder, "notes.txt"), "text");
    await writeFile(join(folder, ".hidden.wav"), "hidden");
    const input = { folder, output_dir: output, format: "flac" };
    const first = await run(converting, convertAudio, input);
    expect(first).toMatchObject({
      status: "partial",
      folder: { files: 4, done: 3, failed: 1, unfinished: 0, not_audio: 1 },
    });
    expect(first.folder.problems).toEqual([
      { file: "album/broken.wav", status: "failed", reason: expect.stringMatching(/audio/i) },
    ]);
    expect(await tree(output)).toEqual([
      "album/disc 1/three.flac",
      "album/two.flac",
      "convert_audio report.csv",
      "convert_audio report.json",
      "one.flac",
    ]);
    const report = JSON.parse(await readFile(join(output, "convert_audio report.json"), "utf8"));
    expect(report).toMatchObject({ operation: "convert_audio", not_audio: 1, parameters: { format: "flac" } });
    expect(report.files).toHaveLength(4);
    expect(report.files[2]).toMatchObject({
      file: "album/two.wav",
      status: "done",
      outputs: ["album/two.flac"],
      before_format: "pcm_s16le 8000 Hz 1 ch",
      after_format: "flac 8000 Hz 1 ch",
      before_bytes: 24_044,
      seconds: expect.any(Number),
    });
    const csv = (await readFile(join(output, "convert_audio report.csv"), "utf8")).split("\r\n");
    expect(csv[0]).toMatch(/^file,status,reason,outputs,before_lufs/);
    expect(csv).toHaveLength(6);
    const written = (await stat(join(output, "one.flac"))).mtimeMs;
    const again = await run(converting, convertAudio, input);
    expect(again.folder).toEqual(first.folder);
    expect((await stat(join(output, "one.flac"))).mtimeMs).toBe(written);
    expect(await tree(output)).toHaveLength(5);
    const file = await stat(join(output, "one.flac"));
    expect(file.mode & 0o777).toBe(0o666 & ~process.umask());
  });

  test("is normalised, and the report has the loudness before and after", async () => {
    await record("=one.wav");
    const input = { folder, output_dir: output, recursive: false, target_lufs: -20 };
    expect(await run(converting, normalizeLoudness, input)).toMatchObject({ status: "done", folder: { done: 1 } });
    const report = JSON.parse(await readFile(join(output, "normalize_loudness report.json"), "utf8"));
    expect(report.files[0].after_lufs).toBeCloseTo(-20, 0);
    expect(report.files[0].before_lufs).toBeLessThan(-14);
    expect(await readFile(join(output, "normalize_loudness report.csv"), "utf8")).toContain("\n'=one.wav,done,");
  });

  test("gives equal recordings of two names a file each, by their own names", async () => {
    await record("album", "two.wav");
    const bytes = await readFile(join(folder, "album", "two.wav"));
    await writeFile(join(folder, "album", "copy.wav"), bytes);
    await writeFile(join(folder, "other.wav"), bytes);
    const result = await run(converting, convertAudio, { folder, output_dir: output, format: "flac" });
    expect(result).toMatchObject({ status: "done", folder: { done: 3, problems: [] } });
    const report = JSON.parse(await readFile(join(output, "convert_audio report.json"), "utf8"));
    const outputs = report.files.map((row: { file: string; outputs: string[] }) => [row.file, row.outputs]);
    expect(outputs).toEqual([
      ["album/copy.wav", ["album/copy.flac"]],
      ["album/two.wav", ["album/two.flac"]],
      ["other.wav", ["other.flac"]],
    ]);
    expect((await tree(output)).filter((name) => name.endsWith(".flac"))).toHaveLength(3);
  });

  test("never over a file that is there, unless that is asked for; then two of one name are not written over each other", async () => {
    await record("one.wav");
    await writeFile(join(output, "one.flac"), "mine");
    await run(converting, convertAudio, { folder, output_dir: output, format: "flac" });
    expect(await readFile(join(output, "one.flac"), "utf8")).toBe("mine");
    expect(existsSync(join(output, "one (2).flac"))).toBe(true);
    await record("one.aiff");
    const forced = await run(converting, convertAudio, { folder, output_dir: output, format: "flac", overwrite: true });
    expect(forced).toMatchObject({ status: "partial", folder: { done: 1, skipped: 1 } });
    expect(forced.folder.problems).toMatchObject([{ file: "one.wav", status: "skipped" }]);
    expect((await readFile(join(output, "one.flac"))).subarray(0, 4).toString("latin1")).toBe("fLaC");
  });
});

test("a call that does not wait gives an id by which get_job follows its jobs and finds their report", async () => {
  await record("one.wav");
  await record("two.wav");
  const input = { folder, output_dir: output, seconds: 0.5, mark: "hasty" };
  const first = await run(hasty, copySlowly, input);
  expect(first).toMatchObject({ status: "running", folder: { unfinished: 2, reports: [] } });
  const { batch_id } = first.folder;
  expect(first.text).toContain(`get_job with job_id ${batch_id}`);
  expect(await tree(output)).not.toContain("copy_slowly report.json");
  const { signal } = new AbortController();
  const call = { services: hasty.services, signal, progress: () => {} };
  const { value, text } = await runTool(getJob, { job_id: batch_id, wait_seconds: 40 }, call);
  expect(value).toMatchObject({
    status: "done",
    folder: { done: 2, reports: [expect.stringContaining("json"), expect.stringContaining("csv")] },
  });
  expect(text).toContain(join(output, "copy_slowly report.json"));
  expect(await tree(output)).toContain("copy_slowly report.json");
  expect((await run(hasty, copySlowly, input)).folder.batch_id).toBe(batch_id);
  const others = hasty.servicesFor({ ...LOCAL_CALLER, owner: "other" });
  await expect(runTool(getJob, { job_id: batch_id }, { ...call, services: others })).rejects.toMatchObject({
    kind: "not_found",
  });
});

test("more files than the database has connections are done", async () => {
  for (let file = 0; file < 16; file++) await record(`${file}.wav`);
  const result = await run(copying, copySlowly, { folder, output_dir: output, mark: "many" });
  expect(result).toMatchObject({ status: "done", folder: { files: 16, done: 16 } });
}, 60_000);

test("cancelling keeps what is finished, and leaves no halves and no report", async () => {
  await record("a.wav");
  await record("b.wav");
  await record("c.wav");
  await record("album", "disc 1", "z.wav");
  const stopping = new AbortController();
  const input = { folder, output_dir: output, seconds: 1, mark: "cancelled" };
  const running = run(copying, copySlowly, input, stopping.signal);
  const outcome = expect(running).rejects.toMatchObject({ kind: "cancelled" });
  await expect.poll(async () => (await tree(output)).length, { timeout: 20_000 }).toBeGreaterThan(0);
  stopping.abort();
  await outcome;
  await expect
    .poll(async () => (await copying.services.jobs.list({ status: "running", limit: 10 })).length, { timeout: 5000 })
    .toBe(0);
  const left = await tree(output);
  expect((await readdir(output)).includes("album")).toBe(left.some((name) => name.startsWith("album")));
  expect(left.length).toBeLessThan(4);
  expect(left.every((name) => /^(album\/disc 1\/)?copy( \(\d\))?\.wav$/.test(name))).toBe(true);
  expect(await readdir(output).then((names) => names.filter((name) => name.startsWith(".")))).toEqual([]);
});

test("folders that cannot be used are refused", async () => {
  await record("one.wav");
  const refused = (input: object) => run(hasty, copySlowly, input).catch((error: unknown) => error);
  expect(await refused({ folder })).toMatchObject({
    kind: "invalid_input",
    message: expect.stringContaining("output_dir"),
  });
  expect(await refused({ folder, output_dir: folder })).toMatchObject({ kind: "invalid_input" });
  expect(await refused({ folder, output_dir: bench.music, overwrite: true })).toMatchObject({ kind: "invalid_input" });
  expect(await refused({ folder, track_id: "trk_a", output_dir: output })).toMatchObject({ kind: "invalid_input" });
  expect(await refused({ folder: bench.home, output_dir: output })).toMatchObject({ kind: "forbidden" });
  expect(await refused({ folder: join(folder, "none"), output_dir: output })).toMatchObject({ kind: "not_found" });
  expect(await refused({ folder: join(folder, "album"), output_dir: output })).toMatchObject({ kind: "not_found" });
  expect(await refused({ folder: join(folder, "one.wav"), output_dir: output })).toMatchObject({
    kind: "invalid_input",
  });
  await symlink(bench.home, join(folder, "out"));
  expect(await refused({ folder: join(folder, "out"), output_dir: output })).toMatchObject({ kind: "forbidden" });
  const mayNot = hasty.servicesFor({ ...LOCAL_CALLER, scopes: new Set(["read", "write"] as const) });
  const calling = runTool(
    operationTool(copySlowly),
    { folder, output_dir: output },
    {
      services: mayNot,
      signal: new AbortController().signal,
      progress: () => {},
    },
  );
  await expect(calling).rejects.toMatchObject({ kind: "forbidden" });
});

test("a link in output_dir that leads out of it is not followed", async () => {
  await record("album", "one.wav");
  await symlink(bench.home, join(output, "album"));
  const result = await run(hasty, copySlowly, { folder, output_dir: output, mark: "link" });
  expect(result.folder.problems).toMatchObject([{ file: "album/one.wav", status: "failed" }]);
  await rm(join(output, "album"));
});

async function tree(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith("."));
  return files.map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1)).sort();
}
