/**
 * Times conversion and normalisation beside the bare FFmpeg commands that do the same, in turn on the same four minutes.
 * `npm run bench -- --processing`. See README.md here.
 */
import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findFfmpeg } from "../src/audio/ffmpeg.ts";
import { probe } from "../src/audio/probe.ts";
import { median } from "../src/dsp/statistics.ts";
import type { SourceFile } from "../src/processing/operation.ts";
import { OPERATIONS } from "../src/processing/registry.ts";
import { temporaryHome } from "../tests/mcp/temporary-home.ts";
import { makeRecording } from "./recording.ts";

const LIMITS = { maxFileBytes: 8e9, maxDurationSeconds: 14_400, maxChannels: 8, maxDecodeSeconds: 3600 };
const QUIET = ["-y", "-nostdin", "-v", "error"];
const METER = ["-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-"];
const { values: flags } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const found = await findFfmpeg(null);
if (found === null) throw new Error("This benchmark needs FFmpeg.");
const ffmpeg = found;
await using home = await temporaryHome();
const folder = join(home.path, "out");
mkdirSync(folder);
await printRatios();

async function printRatios(): Promise<void> {
  const { wavPath, mp3Path } = makeRecording(home.path);
  const lossy = mp3Path ?? wavPath;
  const target = join(folder, "bare");
  const bare = (input: string, ...args: readonly string[]) => [...QUIET, "-i", input, ...args];
  const gained = ["-af", "volume=-1.55dB", `${target}.wav`];
  console.log("| measured, of four minutes | Hark | bare FFmpeg | ratio | target |\n| --- | --- | --- | --- | --- |");
  await compete("WAV to FLAC", "convert_audio", wavPath, { format: "flac" }, [bare(wavPath, `${target}.flac`)]);
  await compete("WAV to MP3", "convert_audio", wavPath, { format: "mp3" }, [
    bare(wavPath, "-q:a", "0", `${target}.mp3`),
  ]);
  await compete("WAV to Opus", "convert_audio", wavPath, { format: "opus" }, [
    bare(wavPath, "-b:a", "160k", `${target}.opus`),
  ]);
  await compete("MP3 to WAV", "convert_audio", lossy, { format: "wav" }, [bare(lossy, `${target}.wav`)]);
  await compete("normalise WAV by gain; FFmpeg: measure, write", "normalize_loudness", wavPath, {}, [
    bare(wavPath, ...METER),
    bare(wavPath, ...gained),
  ]);
  await compete(
    "normalise WAV with the limiter; FFmpeg: loudnorm twice",
    "normalize_loudness",
    wavPath,
    { target_lufs: -9 },
    [
      bare(wavPath, "-af", "loudnorm=I=-9:TP=-1", "-f", "null", "-"),
      bare(wavPath, "-af", "loudnorm=I=-9:TP=-1", "-ar", "44100", `${target}.wav`),
    ],
  );
}

async function compete(
  what: string,
  name: string,
  path: string,
  parameters: object,
  commands: readonly (readonly string[])[],
): Promise<void> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  const source = await known(path);
  for (let round = 0; round < Number(flags.rounds); round++) {
    ours.push(await timed(() => run(name, source, parameters)));
    theirs.push(
      await timed(() => {
        for (const command of commands)
          if (spawnSync(ffmpeg.path, command).status !== 0) throw new Error("FFmpeg failed.");
      }),
    );
  }
  const ratio = median(ours.map((ms, round) => ms / (theirs[round] ?? Number.NaN)));
  const seconds = (times: readonly number[]) => `${(median(times) / 1000).toFixed(2)} s`;
  console.log(`| ${what} | ${seconds(ours)} | ${seconds(theirs)} | ${ratio.toFixed(2)} | 1.3 |`);
}

/** A recording of the library has been probed when it was added. */
async function known(path: string): Promise<SourceFile> {
  const fd = openSync(path, "r");
  const found = await probe({ fd, path, sizeBytes: fstatSync(fd).size }, ffmpeg, new AbortController().signal);
  closeSync(fd);
  return { path, filename: "recording", probe: found };
}

async function run(name: string, source: SourceFile, parameters: object): Promise<void> {
  const operation = OPERATIONS.find((one) => one.name === name);
  if (operation === undefined) throw new Error(`There is no operation ${name}.`);
  const signal = new AbortController().signal;
  const context = { ffmpeg, limits: LIMITS, folder, signal, progress: () => {} };
  await operation.run(source, operation.input.parse(parameters), context);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
}

async function timed(work: () => Promise<void> | void): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
