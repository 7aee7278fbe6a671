/** A chain of effects over a recording, measured before and after. */
import { rm } from "node:fs/promises";
import { z } from "zod";
import { round } from "../agents/rounding.ts";
import { hasFilter } from "../audio/ffmpeg.ts";
import { type RecordingTags, readRecordingTags } from "../audio/recording-tags.ts";
import { AppError } from "../errors.ts";
import { FLOAT_WAV, OUTPUT_FORMATS, type OutputFormat } from "./audio-encodings.ts";
import { METADATA } from "./convert-audio.ts";
import { EFFECT, type Effect } from "./effect.ts";
import { chainText, type EffectChain, layOutChain, type WrittenImpulse } from "./effect-chain.ts";
import { EFFECT_PRESET_NAMES, EFFECT_PRESETS, type EffectPreset } from "./effect-presets.ts";
import { DENOISED, runStages, type Staged } from "./effect-stages.ts";
import type { EncodingPlan } from "./encoding-plan.ts";
import { LEVELS, type Measurement, measureLoudness } from "./measure-loudness.ts";
import { defineOperation, type OperationContext, type SourceFile } from "./operation.ts";
import { type PreviewPart, previewPart } from "./preview-part.ts";
import { CODING, DAMAGED, type Rendered, renderAudio, sourceCoding } from "./render-audio.ts";
import { writeImpulse } from "./reverb-impulse.ts";
import { withSource } from "./run-ffmpeg-filter.ts";
import { planLikeSource, withoutChapters, withoutLoudnessTags } from "./same-format.ts";

const MOST_EFFECTS = 24;
/** Samples at full scale, as coded in 16 bits or more, are taken for cut off. */
const FULL_SCALE_DBFS = -0.001;
/** Where prevented clipping ends: room for what a lossy coder adds is found by measuring again. */
const CLIPPING_CEILING_DBTP = -0.1;
const METER_MARGIN_DB = 0.05;
const MOST_PASSES = 4;
/** After these, what was at a time is at another. */
const MOVES_TIMES: ReadonlySet<Effect["type"]> = new Set(["trim", "time_stretch", "reverse"]);
/** Shares of the work: the source is measured; networks have run; the result is written. */
const RENDER_FROM = 0.25;
const STAGED_TO = 0.65;
const RENDERED_AT = 0.75;

export const applyEffects = defineOperation({
  name: "apply_effects",
  title: "Apply effects",
  description:
    "Applies a chain of effects in order (gain, equaliser, high and low pass, compressor, limiter, reverb, delay, fade, trim, time stretch, " +
    "pitch shift, noise gate, denoise, stereo width, mono, reverse), a preset's first, to all of a recording or a preview of it. Returns " +
    "levels before and after and the exact FFmpeg graph; clipping is reported, or prevented when asked.",
  version: 2,
  input: z.object({
    preset: z.enum(EFFECT_PRESET_NAMES).optional(),
    effects: z.array(EFFECT).max(MOST_EFFECTS).default([]),
    preview_seconds: z
      .number()
      .min(1)
      .max(120)
      .optional()
      .describe("Only a part: the loudest, or from preview_start_seconds"),
    preview_start_seconds: z.number().min(0).optional(),
    prevent_clipping: z.boolean().default(false).describe("Turn down what would clip"),
    format: z.enum(["same", ...OUTPUT_FORMATS]).default("same"),
  }),
  output: z.object({
    preset: z.string().nullable(),
    effects: z.array(z.string()).describe("In order"),
    preview: z.object({ start_seconds: z.number(), seconds: z.number() }).nullable(),
    before: LEVELS.describe("Of the whole recording"),
    after: LEVELS,
    clipping: z.object({
      clips: z.boolean(),
      turned_down_db: z.number().describe("By prevent_clipping"),
    }),
    denoised: z.array(DENOISED).describe("By each denoise: what did it"),
    source: CODING,
    output: CODING,
    changes: z.array(z.string()),
    metadata: METADATA,
    warnings: z.array(z.string()),
    graph: z.string().describe("By each stage, a line, where a network parts the chain"),
  }),

  check: checkParameters,

  async run(source, parameters, context) {
    checkParameters(parameters);
    const effects = chainOf(parameters.preset ?? null, parameters.effects);
    const before = await measureLoudness(source.path, source.probe.durationSeconds, context, (share) => {
      context.progress(share === null ? null : RENDER_FROM * share, "Measuring the source");
    });
    const part =
      parameters.preview_seconds === undefined
        ? null
        : previewPart(parameters.preview_seconds, parameters.preview_start_seconds ?? null, before);
    const job = await prepare(source, effects, part, before, parameters.format, context);
    const result = await rendered(job, parameters.prevent_clipping, context);
    await Promise.all(job.impulses.map(({ path }) => rm(path, { force: true })));
    const { tags, plan, staged } = job;
    return {
      value: {
        preset: parameters.preset ?? null,
        effects: effects.map(({ type }) => type),
        preview: part === null ? null : { start_seconds: round(part.startSeconds, 3) ?? 0, seconds: part.seconds },
        before: before.levels,
        after: result.after.levels,
        clipping: { clips: result.clips, turned_down_db: round(result.turnedDownDb, 2) ?? 0 },
        denoised: [...staged.denoised],
        source: await sourceCoding(source),
        output: result.rendered.coding,
        changes: [...plan.changes],
        metadata: {
          tags_kept: tags.fields.size,
          pictures_kept: tags.pictures.length - result.rendered.notKept.length,
          not_kept: [...tags.leftOut, ...result.rendered.notKept],
        },
        warnings: [...(staged.isDamaged ? [DAMAGED] : []), ...result.rendered.warnings, ...warningsOf(result)],
        graph: [...staged.graphs, result.graph].join("\n"),
      },
      files: [result.rendered.file],
    };
  },
});

interface EffectsJob {
  readonly source: SourceFile;
  readonly staged: Staged;
  readonly chain: EffectChain;
  readonly impulses: readonly WrittenImpulse[];
  readonly plan: EncodingPlan;
  readonly tags: RecordingTags;
  readonly isPreview: boolean;
}

interface EffectsResult {
  readonly rendered: Rendered;
  readonly after: Measurement;
  readonly graph: string;
  readonly clips: boolean;
  readonly turnedDownDb: number;
  /** Over the ceiling of the last limiter; 0 or less is right. */
  readonly overDb: number;
}

/** @throws AppError invalid_input for what no recording can have: nothing to do, a trim that ends before it begins, half a preview. */
function checkParameters({
  preset,
  effects,
  preview_seconds,
  preview_start_seconds,
}: {
  readonly preset?: EffectPreset | undefined;
  readonly effects: readonly Effect[];
  readonly preview_seconds?: number | undefined;
  readonly preview_start_seconds?: number | undefined;
}): void {
  for (const effect of chainOf(preset ?? null, effects)) {
    if (effect.type !== "trim" || effect.end_seconds === undefined || effect.start_seconds < effect.end_seconds)
      continue;
    const message = `The trim from ${effect.start_seconds} s to ${effect.end_seconds} s leaves nothing. Give a start before the end.`;
    throw new AppError("invalid_input", message);
  }
  if (preview_start_seconds === undefined || preview_seconds !== undefined) return;
  throw new AppError("invalid_input", "preview_start_seconds goes with preview_seconds: give how long the preview is.");
}

/** @throws AppError invalid_input when there is nothing to do. */
function chainOf(preset: EffectPreset | null, effects: readonly Effect[]): readonly Effect[] {
  const first = preset === null ? [] : EFFECT_PRESETS[preset].map((effect) => EFFECT.parse(effect));
  const all = [...first, ...effects];
  if (all.length > 0) return all;
  const presets = EFFECT_PRESET_NAMES.join(", ");
  throw new AppError("invalid_input", `Give effects, or a preset (${presets}), or both: the preset's come first.`);
}

async function prepare(
  source: SourceFile,
  effects: readonly Effect[],
  part: PreviewPart | null,
  before: Measurement,
  format: OutputFormat | "same",
  context: OperationContext,
): Promise<EffectsJob> {
  const needsRubberBand = effects.some(({ type }) => type === "time_stretch" || type === "pitch_shift");
  const start = {
    sampleRate: source.probe.sampleRateHz,
    channels: source.probe.channels,
    seconds: part?.seconds ?? before.durationSeconds,
    hasRubberBand: needsRubberBand && (await hasFilter(context.ffmpeg, "rubberband")),
  };
  // Refuses what cannot be before anything runs.
  layOutChain(effects, start, context.limits);
  const begin = { effects, part, start, measured: before };
  const staged = await runStages(source, begin, context, (share) => {
    context.progress(RENDER_FROM + (STAGED_TO - RENDER_FROM) * share, "Denoising");
  });
  const chain = layOutChain(staged.effects, staged.start, context.limits);
  const plan = planLikeSource(source, format, chain.end.channels);
  const impulses: WrittenImpulse[] = [];
  for (const one of chain.parts) {
    if (one.kind === "reverb") impulses.push(await writeImpulse(one, impulses.length, context));
  }
  const tags = await withSource(source.path, (opened) => readRecordingTags(opened, context.signal));
  const keepsTimes = part === null && !effects.some(({ type }) => MOVES_TIMES.has(type));
  const fitting = keepsTimes ? tags : withoutChapters(tags);
  return { source, staged, chain, impulses, plan, tags: withoutLoudnessTags(fitting), isPreview: part !== null };
}

/** Renders, and again with a lower limit or quieter while the measured peaks are over what was asked for. */
async function rendered(
  first: EffectsJob,
  preventClipping: boolean,
  context: OperationContext,
): Promise<EffectsResult> {
  let turnedDownDb = 0;
  let loweredDb = 0;
  let job = first;
  for (let pass = 1; ; pass++) {
    const result = await renderPass(job, job.plan, turnedDownDb, pass, context);
    const clips = doesClip(result.after, job.plan);
    const overDb = overCeilingDb(first.staged.effects, result.after);
    const isDone = overDb <= 0 && (!clips || !preventClipping);
    if (isDone || pass === MOST_PASSES) return { ...result, clips, turnedDownDb, overDb };
    if (overDb > 0) {
      loweredDb += overDb + METER_MARGIN_DB;
      const { effects, start } = first.staged;
      job = { ...first, chain: layOutChain(lowered(effects, loweredDb), start, context.limits) };
    } else turnedDownDb += await excessDb(job, turnedDownDb, result.after, context);
  }
}

/** How far a true peak is over the ceiling of a limiter that ends the chain; 0 or less where there is none. */
function overCeilingDb(effects: readonly Effect[], { levels }: Measurement): number {
  const last = effects.at(-1);
  return last?.type === "limiter" ? (levels.true_peak_dbtp ?? Number.NEGATIVE_INFINITY) - last.ceiling_dbtp : 0;
}

function lowered(effects: readonly Effect[], byDb: number): Effect[] {
  return effects.map((effect, index) => {
    const isLast = index === effects.length - 1;
    return isLast && effect.type === "limiter" ? { ...effect, ceiling_dbtp: effect.ceiling_dbtp - byDb } : effect;
  });
}

/** Floating point holds what is over full scale. */
function doesClip({ levels }: Measurement, { bitDepth }: EncodingPlan): boolean {
  const peak = bitDepth === null ? levels.true_peak_dbtp : levels.sample_peak_dbfs;
  return bitDepth !== "float" && peak !== null && peak >= FULL_SCALE_DBFS;
}

/** How far the peaks are above the ceiling before they are cut off, which only floating point tells. */
async function excessDb(
  job: EffectsJob,
  turnedDownDb: number,
  cut: Measurement,
  context: OperationContext,
): Promise<number> {
  const isLossy = job.plan.bitDepth === null;
  const uncut = isLossy ? cut : await measuredUncut(job, turnedDownDb, context);
  return Math.max(0.1, (uncut.levels.true_peak_dbtp ?? 0) - CLIPPING_CEILING_DBTP);
}

async function measuredUncut(job: EffectsJob, turnedDownDb: number, context: OperationContext): Promise<Measurement> {
  const floating = planLikeSource(job.source, "wav", job.chain.end.channels);
  const plan = { ...floating, bitDepth: "float", filters: [], arguments: FLOAT_WAV } as const;
  const { rendered: one, after } = await renderPass(job, plan, turnedDownDb, MOST_PASSES, context);
  await rm(one.file.path, { force: true });
  return after;
}

async function renderPass(
  job: EffectsJob,
  plan: EncodingPlan,
  turnedDownDb: number,
  pass: number,
  context: OperationContext,
) {
  const { staged, chain, impulses, tags, isPreview } = job;
  const gain = turnedDownDb === 0 ? [] : [`volume=volume=${(-turnedDownDb).toFixed(4)}dB:precision=double`];
  const graph = {
    text: chainText(chain, impulses, [...gain, ...plan.filters]),
    impulses: impulses.map((one) => one.path),
  };
  const name = isPreview ? "preview" : "effects";
  const expectedSeconds = chain.end.seconds;
  const { part, path } = staged;
  const rendering = { graph, plan, tags, role: "processed", suffix: ` (${name})`, part, expectedSeconds };
  const source = { ...job.source, path };
  const from = staged.graphs.length > 0 ? STAGED_TO : RENDER_FROM;
  const report = (from: number, width: number, what: string) => (share: number | null) => {
    context.progress(share === null || pass > 1 ? null : from + width * share, what);
  };
  const one = await renderAudio(source, rendering, context, report(from, RENDERED_AT - from, "Applying the effects"));
  const measure = report(RENDERED_AT, 1 - RENDERED_AT, "Measuring the result");
  const after = await measureLoudness(one.file.path, expectedSeconds, context, measure);
  return { rendered: one, after, graph: one.graph };
}

function warningsOf({ clips, after, turnedDownDb, overDb }: EffectsResult): string[] {
  const peak = after.levels.true_peak_dbtp;
  if (overDb > 0) return [`The true peak is ${overDb.toFixed(2)} dB over the limiter's ceiling: the coding raises it.`];
  if (clips) {
    const hint = turnedDownDb > 0 ? "" : " Set prevent_clipping, lower the gain, or end the chain with a limiter.";
    return [`The result clips: its peaks reach full scale.${hint}`];
  }
  if (peak !== null && peak > 0) return [`The true peak is ${peak} dBTP: players may clip it. End with a limiter.`];
  return [];
}
