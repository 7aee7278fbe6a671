/** Writes one file: graph, coding, tags, and a look at what came out. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { limitError } from "../audio/decode-limits.ts";
import { type AudioProbe, probe } from "../audio/probe.ts";
import type { RecordingTags, WrittenTags } from "../audio/recording-tags.ts";
import { writeRecordingTags } from "../audio/tag-writer.ts";
import { AppError } from "../errors.ts";
import type { EncodingPlan } from "./encoding-plan.ts";
import { overFinite } from "./finite-graph.ts";
import type { OperationContext, OutputFile, SourceFile } from "./operation.ts";
import { outputName } from "./output-name.ts";
import { runFfmpegFilter, storageError, withSource } from "./run-ffmpeg-filter.ts";

export const CODING = z.object({
  container: z.string(),
  codec: z.string(),
  bitrate_bps: z.number().nullable(),
  sample_rate_hz: z.number(),
  bit_depth: z.number().nullable().describe("Null for lossy codings"),
  channels: z.number(),
  duration_seconds: z.number().nullable(),
  size_bytes: z.number(),
});

/** A graph of filters over a source; `impulses` are inputs 1 and on. */
export interface FilterGraph {
  /** From `[0:a:0]` to `[out]`. */
  readonly text: string;
  readonly impulses: readonly string[];
}

export interface Rendering {
  readonly graph: FilterGraph;
  readonly plan: EncodingPlan;
  readonly tags: RecordingTags;
  /** Name of the file inside the context's folder, without its extension. */
  readonly role: string;
  readonly suffix: string;
  /** Part of the source; null: all of it. */
  readonly part: { readonly startSeconds: number; readonly seconds: number } | null;
  /** Of the output; null where it is not known. */
  readonly expectedSeconds: number | null;
}

export interface Rendered {
  readonly file: OutputFile;
  /** What FFmpeg ran. */
  readonly graph: string;
  readonly coding: z.input<typeof CODING>;
  /** Length that FFmpeg wrote. */
  readonly seconds: number;
  readonly warnings: readonly string[];
  readonly tags: WrittenTags;
}

/** A header may claim a little more or less than was written: a coder's padding, a frame. */
const DURATION_TOLERANCE_SECONDS = 0.2;

/** Less is missing where a header rounds or counts padding. */
const MISSING_SECONDS = 0.5;

export const DAMAGED = "The source has damaged stretches: what could be decoded of it was used.";

/** The graph of filters in a row, and the encoding's own; `anull` where there are none. */
export function chainGraph(filters: readonly string[]): FilterGraph {
  const chain = filters.length === 0 ? "anull" : filters.join(",");
  return { text: `[0:a:0]${chain}[out]`, impulses: [] };
}

/** How FFmpeg is told to read a part of a source; null: all of it, as far as the limit. */
export function readOptions(part: Rendering["part"], { limits }: OperationContext): string[] {
  if (part === null) return ["-t", String(limits.maxDurationSeconds)];
  return ["-ss", fixed(part.startSeconds), "-t", fixed(part.seconds)];
}

/**
 * Renders a source into the context's folder. The source is never the output. @throws AppError as runFfmpegFilter does, and internal
 * when what was written is not what was asked for.
 */
export async function renderAudio(
  source: SourceFile,
  rendering: Rendering,
  context: OperationContext,
  onShare: (share: number | null) => void,
): Promise<Rendered> {
  checkLimits(source, context);
  const { plan, part } = rendering;
  const path = join(context.folder, `${rendering.role}.${plan.definition.extension}`);
  const graph = await overFinite(rendering.graph.text, source, context);
  const run = {
    inputOptions: readOptions(part, context),
    extraInputs: rendering.graph.impulses,
    graph,
    outputArguments: plan.arguments,
    outputPath: path,
    expectedSeconds: rendering.expectedSeconds,
    encoderName: plan.encoderName,
  };
  const { seconds, isDamaged } = await withSource(source.path, (opened) =>
    runFfmpegFilter(opened, run, context, onShare),
  );
  const { tags, coding } = await finish(path, rendering, isDamaged ? null : seconds, context);
  const writtenSeconds = isDamaged ? (coding.duration_seconds ?? seconds) : seconds;
  const { extension, mimeType } = plan.definition;
  return {
    file: { role: rendering.role, path, filename: outputName(source.filename, rendering.suffix, extension), mimeType },
    graph,
    coding,
    seconds: writtenSeconds,
    warnings: sourceWarnings(isDamaged, writtenSeconds, rendering.expectedSeconds),
    tags,
  };
}

/**
 * Tags, and the look at what was written; a file that is not right goes away. @param seconds By FFmpeg's clock, which of a damaged source
 * also counts what was lost: null then.
 */
async function finish(
  path: string,
  { plan, tags, expectedSeconds }: Rendering,
  seconds: number | null,
  context: OperationContext,
) {
  try {
    const end = seconds ?? expectedSeconds;
    const written = await writeRecordingTags(path, plan.definition.tags, tags, end, context.signal);
    const { found, sizeBytes } = await probeWritten(path, plan, context);
    checkWritten(found, plan, seconds);
    return { tags: written, coding: codingOf(found, sizeBytes) };
  } catch (error) {
    await rm(path, { force: true });
    throw storageError(error);
  }
}

/**
 * What a written file says of itself. Of WAV and FLAC the headers are read without FFmpeg, whose start takes as long as the writing of a
 * short file.
 */
async function probeWritten(
  path: string,
  { format }: EncodingPlan,
  { ffmpeg, signal }: OperationContext,
): Promise<{ readonly found: AudioProbe; readonly sizeBytes: number }> {
  const reader = format === "wav" || format === "flac" ? null : ffmpeg;
  return await withSource(path, async (source) => ({
    found: await probe(source, reader, signal),
    sizeBytes: source.sizeBytes,
  }));
}

/** What the source of an operation says of itself, for results. */
export async function sourceCoding({ path, probe: found }: SourceFile): Promise<z.input<typeof CODING>> {
  return codingOf(found, await withSource(path, async ({ sizeBytes }) => sizeBytes));
}

function codingOf(found: AudioProbe, sizeBytes: number): z.input<typeof CODING> {
  return {
    container: found.container,
    codec: found.codec,
    bitrate_bps: found.bitrateBps === null ? null : Math.round(found.bitrateBps),
    sample_rate_hz: found.sampleRateHz,
    bit_depth: found.bitDepth,
    channels: found.channels,
    duration_seconds: found.durationSeconds,
    size_bytes: sizeBytes,
  };
}

function checkLimits({ probe: found }: SourceFile, { limits }: OperationContext): void {
  if (found.channels > limits.maxChannels) {
    throw limitError(`The audio has ${found.channels} channels`, `${limits.maxChannels} channels`, "HARK_MAX_CHANNELS");
  }
  if ((found.durationSeconds ?? 0) <= limits.maxDurationSeconds) return;
  const limit = `${limits.maxDurationSeconds} seconds`;
  throw limitError("The audio is longer than Hark takes on", limit, "HARK_MAX_DURATION_SECONDS");
}

function sourceWarnings(isDamaged: boolean, seconds: number, expected: number | null): string[] {
  const warnings = isDamaged ? [DAMAGED] : [];
  if (expected !== null && seconds < expected - MISSING_SECONDS - 0.002 * expected) {
    warnings.push(
      `Only ${seconds.toFixed(1)} of ${expected.toFixed(1)} seconds came out: the source seems to break off.`,
    );
  }
  return warnings;
}

function checkWritten(found: AudioProbe, plan: EncodingPlan, seconds: number | null): void {
  const isShort =
    seconds !== null &&
    found.durationSeconds !== null &&
    plan.format !== "aac" &&
    Math.abs(found.durationSeconds - seconds) > DURATION_TOLERANCE_SECONDS + seconds * 0.001;
  if (!isShort && found.sampleRateHz === plan.sampleRateHz && found.channels === plan.channels) return;
  throw new AppError("internal", "What FFmpeg wrote is not what was asked for; nothing was kept. Try another format.", {
    cause: { found, seconds },
  });
}

function fixed(seconds: number): string {
  return seconds.toFixed(6);
}
