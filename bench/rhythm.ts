/**
 * Scores of the rhythm agent on annotated recordings. Run by hand: `node bench/rhythm.ts <folder>`, where the folder holds a
 * `manifest.json` with `items[]` of `{ file, bpm, beats, onsets, doubts }` (seconds, ascending). Needs ffmpeg on the PATH.
 *
 * Acc1: within 4 % of the annotated tempo; Acc2: also of its double, triple, half or third (Gouyon et al., IEEE Trans. ASLP
 * 14(5), 2006). Beats: F-measure within 70 ms, the first 5 s left out; onsets: within 50 ms (as mir_eval).
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { z } from "zod";
import { rhythm } from "../src/agents/rhythm.ts";
import { openExtraction } from "../src/features/extraction.ts";

const SAMPLE_RATE = 44_100;
const CHANNELS = 2;

const manifestSchema = z.object({
  items: z.array(
    z.object({
      file: z.string(),
      bpm: z.number().nullish(),
      beats: z.array(z.number()).nullish(),
      onsets: z.array(z.number()).nullish(),
      doubts: z.array(z.string()).nullish(),
    }),
  ),
});

interface Score {
  readonly folder: string;
  readonly acc1: number;
  readonly acc2: number;
  readonly beatF: number;
  readonly onsetF: number | null;
  readonly confidence: number;
}

function decode(path: string): Float32Array[] {
  const options = [
    "-v",
    "error",
    "-nostdin",
    "-i",
    path,
    "-ac",
    `${CHANNELS}`,
    "-ar",
    `${SAMPLE_RATE}`,
    "-f",
    "f32le",
    "-",
  ];
  const { stdout, status } = spawnSync("ffmpeg", options, { maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`ffmpeg cannot decode ${path}`);
  const samples = new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
  return Array.from({ length: CHANNELS }, (_, channel) =>
    Float32Array.from({ length: samples.length / CHANNELS }, (_, n) => samples[n * CHANNELS + channel]),
  );
}

/** Twice the share of matched events; each event matches once. Both lists ascend. */
function fMeasure(truth: readonly number[], found: readonly number[], tolerance: number): number {
  let hits = 0;
  let t = 0;
  let f = 0;
  while (t < truth.length && f < found.length) {
    const distance = found[f] - truth[t];
    if (Math.abs(distance) <= tolerance) {
      hits++;
      t++;
      f++;
    } else if (distance < 0) f++;
    else t++;
  }
  return (2 * hits) / Math.max(1, truth.length + found.length);
}

function average(values: readonly number[]): string {
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3);
}

const folder = argv[2];
if (folder === undefined) throw new Error("Usage: node bench/rhythm.ts <folder with manifest.json>");
const { items } = manifestSchema.parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));
const scores: Score[] = [];
for (const { file, bpm, beats, onsets, doubts } of items) {
  if (!file.startsWith("music_") || bpm == null || beats == null) continue;
  const channels = decode(join(folder, file));
  const extraction = openExtraction({ sampleRate: SAMPLE_RATE, channels: CHANNELS }, rhythm.needs);
  extraction.push({ channels, length: channels[0].length });
  const result = rhythm.analyse(extraction.finish(), {});
  const isRight = (factor: number) => Math.abs((result.tempo_bpm ?? 0) / (bpm * factor) - 1) <= 0.04;
  const afterStart = (times: readonly number[]) => times.filter((time) => time >= 5);
  const scorable = onsets != null && !doubts?.some((doubt) => doubt.includes("scoring onsets"));
  scores.push({
    folder: file.split("/")[0],
    acc1: Number(isRight(1)),
    acc2: Number([1, 2, 3, 1 / 2, 1 / 3].some(isRight)),
    beatF: fMeasure(afterStart(beats), afterStart(result.beat_times_seconds), 0.07),
    onsetF: scorable ? fMeasure(onsets, result.onset_times_seconds, 0.05) : null,
    confidence: result.confidence,
  });
}
for (const name of new Set(scores.map((score) => score.folder))) {
  const group = scores.filter((score) => score.folder === name);
  const onsetF = group.map((score) => score.onsetF).filter((value) => value !== null);
  console.log(
    `${name}: ${group.length} recordings, Acc1 ${average(group.map((score) => score.acc1))}, ` +
      `Acc2 ${average(group.map((score) => score.acc2))}, beat F ${average(group.map((score) => score.beatF))}, ` +
      `onset F ${average(onsetF)}`,
  );
}
for (const confidence of new Set(scores.map((score) => score.confidence).sort())) {
  const group = scores.filter((score) => score.confidence === confidence);
  console.log(`confidence ${confidence}: right ${average(group.map((score) => score.acc1))} of ${group.length}`);
}
