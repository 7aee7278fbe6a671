/**
 * Memory and time of every operation on an hour of stereo, as a job runs it: in a process of its own, with all that it starts.
 * `npm run bench -- --hour`; `--only a,b` for some. Models are those of HARK_MODELS_DIR. See README.md here.
 */
import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findFfmpeg } from "../src/audio/ffmpeg.ts";
import { probe } from "../src/audio/probe.ts";
import { readConfig } from "../src/config.ts";
import { toAppError } from "../src/errors.ts";
import { OperationRunner } from "../src/jobs/operation-runner.ts";
import { OWN_MANIFESTS } from "../src/models/model-library.ts";
import { OPERATIONS } from "../src/processing/registry.ts";
import { temporaryHome } from "../tests/mcp/temporary-home.ts";
import { transcriptionServer } from "../tests/processing/transcription-server.ts";
import { watchMemory } from "./process-memory.ts";
import { makeRecording } from "./recording.ts";
import { DELAY_FILE } from "./watched-operations.ts";

const HOUR_SECONDS = 3600;
const LIMITS = { maxFileBytes: 8e9, maxDurationSeconds: 14_400, maxChannels: 8, maxDecodeSeconds: 3600 };
const QUIET = ["-y", "-nostdin", "-v", "error"];

/** Eight seconds of noise and two of near silence, in turn: speech, for whom knows no better. */
const BURSTS = "anoisesrc=r=44100:a=0.2:d=3600,volume='if(lt(mod(t,10),8),1,0.001)':eval=frame";

const CHAIN = [{ type: "compressor", threshold_db: -20, ratio: 3 }, { type: "reverb" }, { type: "limiter" }];

const RUNS: readonly (readonly [name: string, parameters: object, source: "music" | "bursts"])[] = [
  ["convert_audio", { format: "flac" }, "music"],
  ["normalize_loudness", { target_lufs: -20 }, "music"],
  ["apply_effects", { effects: CHAIN }, "music"],
  ["separate_stems", { engine: "classic" }, "music"],
  ["detect_speech", {}, "bursts"],
  ["transcribe_audio", { engine: "endpoint" }, "bursts"],
  ["transcribe_notes", {}, "music"],
];

const { values: flags } = parseArgs({ options: { only: { type: "string" } } });
const wanted = flags.only?.split(",") ?? RUNS.map(([name]) => name);
const found = await findFfmpeg(null);
if (found === null) throw new Error("This benchmark needs FFmpeg.");
const ffmpeg = found;
const { models } = readConfig(process.env);
await using home = await temporaryHome();
await using server = await transcriptionServer(() => ({ body: { text: "nothing", segments: [] } }));
const sources = { music: join(home.path, "music.wav"), bursts: join(home.path, "bursts.wav") };
const { wavPath } = makeRecording(home.path);
make(["-stream_loop", "-1", "-i", wavPath, "-t", String(HOUR_SECONDS), "-c", "copy", sources.music]);
make(["-f", "lavfi", "-i", BURSTS, "-ac", "2", sources.bursts]);
console.log(
  "| an hour of stereo WAV | time | times real time | peak memory of all processes | longest wait | most work at a time | targets |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- |");
for (const [name, parameters, source] of RUNS) if (wanted.includes(name)) await printRun(name, parameters, source);

async function printRun(name: string, parameters: object, kind: "music" | "bursts"): Promise<void> {
  const folder = join(home.path, "work");
  mkdirSync(folder);
  // A fresh process for each, so that its memory is this operation's.
  const runner = new OperationRunner(new URL("./watched-operations.ts", import.meta.url).href);
  const memory = watchMemory(process.pid);
  const startedAt = performance.now();
  try {
    await runner.run(await taskOf(name, parameters, kind, folder), {
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const [wait, work] = readFileSync(join(folder, DELAY_FILE), "utf8").split(" ").map(Number);
    const cells = [
      `${seconds.toFixed(0)} s`,
      (HOUR_SECONDS / seconds).toFixed(1),
      `${memory.peakMib().toFixed(0)} MiB`,
    ];
    console.log(`| ${name} | ${cells.join(" | ")} | ${wait.toFixed(0)} ms | ${work.toFixed(0)} ms | 1 GB |`);
  } catch (error) {
    console.log(`| ${name} | not run: ${toAppError(error).message} | | | | | |`);
  } finally {
    memory.stop();
    runner.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function taskOf(name: string, parameters: object, kind: "music" | "bursts", folder: string) {
  const operation = OPERATIONS.find((one) => one.name === name);
  if (operation === undefined) throw new Error(`There is no operation ${name}.`);
  const path = sources[kind];
  const fd = openSync(path, "r");
  const format = await probe({ fd, path, sizeBytes: fstatSync(fd).size }, ffmpeg, new AbortController().signal);
  closeSync(fd);
  return {
    operation: name,
    version: operation.version,
    parameters: operation.input.parse(parameters),
    source: { path, filename: "recording.wav", probe: format },
    folder,
    ffmpeg,
    limits: LIMITS,
    models: { manifestFolders: [OWN_MANIFESTS], modelsFolder: models.folder, licences: models.licences },
    speechEndpoint: server.endpoint,
    requestId: "bench",
    logLevel: "silent",
  };
}

function make(args: readonly string[]): void {
  if (spawnSync(ffmpeg.path, [...QUIET, ...args]).status !== 0) throw new Error("The hour could not be made.");
}
