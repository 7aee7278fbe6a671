/**
 * Measures what users wait for, and Hark beside its peers, and prints tables with the targets. Writes nothing but temporary
 * files. `npm run bench`, and `npm run bench -- --scale` for long recordings and large libraries; see README.md here.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { percentile } from "../src/dsp/statistics.ts";
import { temporaryHome } from "../tests/mcp/temporary-home.ts";
import { LIBROSA_MISSING, startLibrosa } from "./librosa.ts";
import { type Analysis, analysisOverStdio, cachedOverHttp, startUp } from "./measurements.ts";
import { comparePeers, hasAubio } from "./peers.ts";
import { makeRecording, RECORDING_SECONDS } from "./recording.ts";
import { printScale } from "./scale.ts";
import { printSeparation } from "./separation.ts";

const STARTS = 10;
const CALLS = 300;
const ANALYSES = 3;

/** What language models wait for in Hark; each starts a server of its own. */
const QUESTION_BENCHES = ["gateway.ts", "question.ts", "chat-socket.ts"];

const USAGE = `Usage: npm run bench -- [--scale | --stems | --processing | --hour | --questions]
  --scale      long recordings and large libraries instead of waits and peers
  --stems      separation without a model instead
  --processing conversion and normalisation beside bare FFmpeg, and the memory that an hour takes
  --hour       only the memory that an hour takes, of every operation
  --questions  the gateway to language models, questions and chats instead
bench/README.md says what is measured.`;

const flags = readFlags();
const model = cpus()[0]?.model.trim() ?? "unknown processor";
console.log(
  `Node ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} cores (${model})\n`,
);
const scripts = [
  ...(flags.questions ? QUESTION_BENCHES : []),
  ...(flags.processing ? ["processing.ts"] : []),
  ...(flags.processing || flags.hour ? ["hour.ts"] : []),
];
for (const script of scripts) run(script);
if (scripts.length > 0) process.exit();
await using home = await temporaryHome();
const recording = makeRecording(home.path);
if (flags.scale) await printScale(recording, home.path);
else if (flags.stems) printSeparation(recording, home.path);
else {
  await printWaits();
  await printPeers();
}

/** Ends the process for --help, and for flags that there are not: a run takes minutes. */
function readFlags(): Readonly<Record<"scale" | "stems" | "processing" | "hour" | "questions", boolean>> {
  try {
    const flag = { type: "boolean", default: false } as const;
    const own = { scale: flag, stems: flag, processing: flag, hour: flag, questions: flag } as const;
    const options = { ...own, help: { ...flag, short: "h" } } as const;
    const { values } = parseArgs({ options });
    if (!values.help) return values;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}

function run(script: string): void {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, script)], { stdio: "inherit" });
  if (status !== 0) throw new Error(`${script} ended with ${status}`);
  console.log("");
}

async function printWaits(): Promise<void> {
  head("measurement", "result", "target");
  for (const era of ["2025", "2026"] as const) {
    const starts: Awaited<ReturnType<typeof startUp>>[] = [];
    for (let run = 0; run < STARTS; run++) starts.push(await startUp(era));
    const times = starts.map((start) => start.ms);
    row(`start to the answer of tools/list, stdio, protocol ${era}`, quantiles(times, 90), "median 500 ms");
    row(`result of tools/list, protocol ${era}`, `${starts[0]?.listCharacters} characters`, "12,000");
  }
  const path = recording.mp3Path ?? recording.wavPath;
  const analyses: Analysis[] = [];
  for (let run = 0; run < ANALYSES; run++) analyses.push(await analysisOverStdio(path, CALLS));
  printFirstAnalysis(analyses, path.endsWith(".mp3") ? "MP3" : "WAV");
  const overStdio = analyses.flatMap((analysis) => analysis.cachedMs);
  row("stored analyse_rhythm, stdio, protocol 2025", quantiles(overStdio, 99), "median 5 ms");
  const overHttp = await cachedOverHttp(ANALYSES * CALLS);
  row("stored analyse_rhythm, HTTP, protocol 2026", quantiles(overHttp, 99), "median 8 ms");
}

function printFirstAnalysis(analyses: readonly Analysis[], format: string): void {
  const what = `of a ${RECORDING_SECONDS / 60}-minute stereo ${format}, median of ${analyses.length}`;
  for (const [measured, of] of [
    ["first analyse_rhythm", (analysis: Analysis) => analysis.seconds],
    ["all default agents, stored", (analysis: Analysis) => analysis.allSeconds],
  ] as const) {
    const seconds = percentile(analyses.map(of), 50);
    const speed = (RECORDING_SECONDS / seconds).toFixed(0);
    row(`${measured} ${what}`, `${seconds.toFixed(2)} s, ${speed} times real time`, "150 times real time");
  }
  const rss = analyses.map((analysis) => analysis.peakRssMib ?? Number.NaN);
  row("peak memory of the server meanwhile", `${Math.max(...rss).toFixed(0)} MiB`, "700 MB");
}

async function printPeers(): Promise<void> {
  await using librosa = await startLibrosa(recording.mp3Path ?? recording.wavPath);
  const versions = [librosa?.versions ?? LIBROSA_MISSING, aubioVersion(), ffmpegVersion()];
  console.log(`\n${versions.join("; ")}\n`);
  head("measured, of the same four minutes", "Hark", "peer", "times faster", "target");
  await comparePeers(recording, librosa, row);
}

function aubioVersion(): string {
  return hasAubio() ? spawnSync("aubio", ["--version"], { encoding: "utf8" }).stdout.trim() : "no aubio";
}

function ffmpegVersion(): string {
  const { stdout, status } = spawnSync("ffmpeg", ["-version"], { encoding: "utf8" });
  return status === 0 ? stdout.split(" ", 3).join(" ") : "no ffmpeg";
}

function head(...cells: readonly string[]): void {
  row(...cells);
  row(...cells.map(() => "---"));
}

function row(...cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

function quantiles(milliseconds: readonly number[], upper: number): string {
  const at = (percent: number) => percentile(milliseconds, percent).toFixed(1);
  return `median ${at(50)} ms, p${upper} ${at(upper)} ms (${milliseconds.length} runs)`;
}
