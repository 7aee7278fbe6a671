/** Answers of the agents on recordings with known truth, with the evidence behind each, for `npm run calibrate`. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import process, { stderr } from "node:process";
import { findAgent } from "../src/agents/registry.ts";
import type { AudioBlock } from "../src/audio/audio-format.ts";
import { selectDecoder } from "../src/audio/decoder-selection.ts";
import { findFfmpeg } from "../src/audio/ffmpeg.ts";
import { type ManifestItem, parseManifest } from "../src/evaluation/manifest.ts";
import type { Claim } from "../src/evaluation/metrics/calibration.ts";
import { SCORERS } from "../src/evaluation/registry.ts";
import { isSkipped, type Scorer } from "../src/evaluation/scorer.ts";
import { type Extraction, openExtraction } from "../src/features/extraction.ts";
import type { FeatureFrames, FeatureName } from "../src/features/registry.ts";

const LIMITS = { maxFileBytes: 1e9, maxDurationSeconds: 3600, maxChannels: 8, maxDecodeSeconds: 300 };

/** A confidence, and the metric that says whether the answer behind it is right. */
export interface Quantity {
  readonly name: string;
  readonly metric: string;
  /** Excerpts of these lengths are judged too, by the truth of the whole recording. */
  readonly excerptSeconds: readonly number[];
}

export interface MeasuredRecording {
  readonly dataset: string;
  /** By quantity: the answers, with the evidence in the place of the confidence. */
  readonly answers: ReadonlyMap<string, readonly Claim[]>;
}

/** Seconds of a recording; null is its end. */
type Part = readonly [from: number, to: number | null];

/** Measures what a manifest has truth for; files that cannot be read are left out, and said on standard error. */
export async function measureManifest(path: string, quantities: readonly Quantity[]): Promise<MeasuredRecording[]> {
  const { dataset, items } = parseManifest(readFileSync(path, "utf8"));
  const recordings: MeasuredRecording[] = [];
  for (const [index, item] of items.entries()) {
    const wanted = quantities.filter(({ metric }) => typeof scorerOf(metric).plan(item) === "function");
    if (wanted.length === 0) continue;
    stderr.write(`\r${index + 1}/${items.length} ${item.file}\u001b[K`);
    try {
      const answers = await answersOf(resolve(dirname(path), item.file), item, wanted);
      recordings.push({ dataset: dataset ?? "unnamed", answers });
    } catch (error) {
      stderr.write(`\nleft out ${item.file}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  stderr.write("\r\u001b[K");
  return recordings;
}

/** @throws Error for a metric that no scorer has. */
export function scorerOf(metric: string): Scorer {
  const scorer = SCORERS.find((candidate) => candidate.metric === metric);
  if (scorer === undefined) throw new Error(`There is no metric "${metric}": see src/evaluation/registry.ts.`);
  return scorer;
}

async function answersOf(
  path: string,
  item: ManifestItem,
  quantities: readonly Quantity[],
): Promise<Map<string, readonly Claim[]>> {
  const lengths = [...new Set(quantities.flatMap(({ excerptSeconds }) => excerptSeconds))];
  const parts = [[0, null] as const, ...lengths.flatMap((seconds) => excerpts(seconds, item.duration ?? 0))];
  const needs = quantities.flatMap(({ metric }) => findAgent(scorerOf(metric).agent).needs);
  const frames = await extractParts(path, [...new Set(needs)], parts);
  const answers = quantities.map(({ name, metric, excerptSeconds }): [string, readonly Claim[]] => {
    const claims = parts.flatMap(([from, to], part) =>
      to === null || excerptSeconds.includes(to - from) ? claimsOf(frames[part], item, metric) : [],
    );
    return [name, claims];
  });
  return new Map(answers);
}

function claimsOf(frames: FeatureFrames, item: ManifestItem, metric: string): readonly Claim[] {
  const scorer = scorerOf(metric);
  const agent = findAgent(scorer.agent);
  const score = scorer.plan(item);
  if (typeof score !== "function") return [];
  const outcome = score(agent.analyse(frames, agent.parameters.parse({}), (_, evidence) => evidence));
  return isSkipped(outcome) ? [] : (outcome.claims ?? []);
}

/** Up to two excerpts, in the second and the last third, of a recording that is longer than both. */
function excerpts(seconds: number, duration: number): Part[] {
  if (duration < 2 * seconds) return [];
  return [0.5, 1].map((share) => {
    const from = share * (duration - seconds);
    return [from, from + seconds];
  });
}

async function extractParts(path: string, names: readonly FeatureName[], parts: readonly Part[]) {
  const decoder = selectDecoder(await findFfmpeg(process.env.FFMPEG_PATH ?? null));
  const fd = openSync(path, "r");
  try {
    const source = { fd, path, sizeBytes: fstatSync(fd).size };
    const { format, blocks } = await decoder.open(source, { limits: LIMITS, signal: new AbortController().signal });
    const passes = parts.map(([from, to]) => ({
      extraction: openExtraction(format, names),
      from: Math.round(from * format.sampleRate),
      to: to === null ? Number.POSITIVE_INFINITY : Math.round(to * format.sampleRate),
    }));
    let position = 0;
    for await (const block of blocks) {
      for (const { extraction, from, to } of passes) pushPart(extraction, block, from - position, to - position);
      position += block.length;
    }
    // The passes extract all that their agents need, and the agents read no more.
    return passes.map(({ extraction }) => extraction.finish() as FeatureFrames);
  } finally {
    closeSync(fd);
  }
}

function pushPart(
  extraction: Extraction<FeatureName>,
  { channels, length }: AudioBlock,
  from: number,
  to: number,
): void {
  const [start, end] = [Math.max(0, from), Math.min(length, to)];
  if (start >= end) return;
  extraction.push({ channels: channels.map((samples) => samples.subarray(start, end)), length: end - start });
}
