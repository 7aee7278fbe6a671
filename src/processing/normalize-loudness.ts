/** Another loudness: by gain alone where the true peak allows it, else with a limiter, and measured on the file that comes out. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DELIVERY_PROFILES, LOUDNESS_TARGETS } from "../agents/delivery-profiles.ts";
import { round } from "../agents/rounding.ts";
import { type RecordingTags, readRecordingTags } from "../audio/recording-tags.ts";
import { AppError } from "../errors.ts";
import { OUTPUT_FORMATS } from "./audio-encodings.ts";
import { METADATA } from "./convert-audio.ts";
import type { EncodingPlan } from "./encoding-plan.ts";
import { LEVELS, type Measurement, measureLoudness } from "./measure-loudness.ts";
import { defineOperation, type OperationContext, type SourceFile } from "./operation.ts";
import { outputName } from "./output-name.ts";
import { CODING, chainGraph, type Rendered, renderAudio, sourceCoding } from "./render-audio.ts";
import { storageError, withSource } from "./run-ffmpeg-filter.ts";
import { planLikeSource, withoutLoudnessTags } from "./same-format.ts";
import { OVERSHOOT_DB, truePeakLimiter } from "./true-peak-limiter.ts";

const PRESETS = LOUDNESS_TARGETS.map(({ name }) => name);
const DEFAULT_PRESET = "streaming";

/** What every profile of delivery but the club's and the archive's asks for. */
const DEFAULT_CEILING_DBTP = DELIVERY_PROFILES.find(({ name }) => name === DEFAULT_PRESET)?.maxTruePeakDbtp ?? -1;

/** Promised: 0.1 LU. Asked of each pass but the last ones, so that FFmpeg's meter agrees too. */
const TOLERANCE_LU = 0.05;
const LAST_TOLERANCE_LU = 0.09;
/** Meters of true peaks differ by hundredths of a dB. */
const METER_MARGIN_DB = 0.05;
const MOST_PASSES = 8;
const RELEASE_MS = 50;
/** Of the first correction of a limited file, before two passes tell: between 0.5 and 0.9 on music. */
const FIRST_SLOPE = 0.75;

const MODES = ["unchanged", "linear", "limiter"] as const;

export const normalizeLoudness = defineOperation({
  name: "normalize_loudness",
  title: "Normalise loudness",
  description:
    "Brings a recording to a loudness in LUFS or a platform's, under a true-peak ceiling: by gain alone where the peaks allow it, else with a " +
    "true-peak limiter, and says which. The file that comes out is measured: within 0.1 LU of the target and under the ceiling. " +
    "Format, sample rate, depth, tags and cover stay.",
  version: 1,
  input: z.object({
    preset: z.enum(PRESETS).optional().describe("Default: streaming (-14 LUFS)"),
    target_lufs: z.number().min(-50).max(-5).optional().describe("Instead of a preset"),
    true_peak_ceiling_dbtp: z.number().min(-20).max(0).default(DEFAULT_CEILING_DBTP),
    allow_limiter: z.boolean().default(true).describe("False: an error where gain alone would pass the ceiling"),
    format: z.enum(["same", ...OUTPUT_FORMATS]).default("same"),
  }),
  output: z.object({
    target_lufs: z.number(),
    true_peak_ceiling_dbtp: z.number(),
    mode: z.enum(MODES),
    gain_db: z.number(),
    largest_gain_reduction_db: z.number().describe("What the limiter takes off the highest peak; 0 without it"),
    before: LEVELS,
    after: LEVELS,
    passes: z.number().int().describe("How often the file was written until the measured result was right"),
    source: CODING,
    output: CODING,
    changes: z.array(z.string()),
    metadata: METADATA,
    warnings: z.array(z.string()),
    graph: z.string(),
  }),

  check({ preset, target_lufs }) {
    targetOf(preset, target_lufs);
  },

  async run(source, parameters, context) {
    const targetLufs = targetOf(parameters.preset, parameters.target_lufs);
    const plan = planLikeSource(source, parameters.format);
    const expected = source.probe.durationSeconds;
    const before = await measureLoudness(source.path, expected, context, (share) => {
      context.progress(share === null ? null : 0.25 * share, "Measuring the loudness");
    });
    const asked = {
      targetLufs,
      ceilingDbtp: parameters.true_peak_ceiling_dbtp,
      allowLimiter: parameters.allow_limiter,
    };
    const found = await withSource(source.path, (opened) => readRecordingTags(opened, context.signal));
    const tags = withoutLoudnessTags(found);
    const job = { source, plan, tags, before, ...asked };
    const isRight = parameters.format === "same" && misses(before, job, 0).isRight;
    const result = isRight ? await copied(job, context) : await normalised(job, context);
    const { rendered, settings } = result;
    const peak = before.levels.true_peak_dbtp ?? Number.NEGATIVE_INFINITY;
    const reduction = settings.mode === "limiter" ? Math.max(0, peak + settings.gainDb - settings.limitDbtp) : 0;
    return {
      value: {
        target_lufs: targetLufs,
        true_peak_ceiling_dbtp: asked.ceilingDbtp,
        mode: settings.mode,
        gain_db: round(settings.gainDb, 2) ?? 0,
        largest_gain_reduction_db: round(reduction, 2) ?? 0,
        before: before.levels,
        after: result.after.levels,
        passes: result.passes,
        source: await sourceCoding(source),
        output: rendered.coding,
        changes: isRight ? [] : [...plan.changes],
        metadata: {
          tags_kept: isRight ? found.fields.size : tags.fields.size,
          pictures_kept: tags.pictures.length - rendered.notKept.length,
          not_kept: isRight ? [] : [...tags.leftOut, ...rendered.notKept],
        },
        warnings: [...rendered.warnings],
        graph: result.graph,
      },
      files: [rendered.file],
    };
  },
});

interface NormalisationJob {
  readonly source: SourceFile;
  readonly plan: EncodingPlan;
  readonly tags: RecordingTags;
  readonly before: Measurement;
  readonly targetLufs: number;
  readonly ceilingDbtp: number;
  readonly allowLimiter: boolean;
}

interface Settings {
  readonly mode: (typeof MODES)[number];
  readonly gainDb: number;
  /** What the limiter is set to: the ceiling, less what came out above it before. */
  readonly limitDbtp: number;
}

interface Normalised {
  readonly rendered: Rendered;
  readonly after: Measurement;
  readonly settings: Settings;
  readonly passes: number;
  readonly graph: string;
}

function targetOf(preset: string | undefined, targetLufs: number | undefined): number {
  if (preset !== undefined && targetLufs !== undefined) {
    throw new AppError("invalid_input", "Give a preset or target_lufs, not both.");
  }
  if (targetLufs !== undefined) return targetLufs;
  const found = LOUDNESS_TARGETS.find(({ name }) => name === (preset ?? DEFAULT_PRESET));
  if (found === undefined) throw new AppError("internal", "There is no such preset.");
  return found.lufs;
}

/** How far a measured file is from what is asked for. */
function misses({ levels }: Measurement, { targetLufs, ceilingDbtp }: NormalisationJob, pass: number) {
  const lu = targetLufs - (levels.integrated_lufs ?? Number.NEGATIVE_INFINITY);
  const overDb = (levels.true_peak_dbtp ?? Number.NEGATIVE_INFINITY) + METER_MARGIN_DB - ceilingDbtp;
  const tolerance = pass > MOST_PASSES / 2 ? LAST_TOLERANCE_LU : TOLERANCE_LU;
  return { lu, overDb, isRight: Math.abs(lu) <= tolerance && overDb <= 0 };
}

/** @throws AppError invalid_input for silence, and for a target that cannot be reached under the ceiling. */
async function normalised(job: NormalisationJob, context: OperationContext): Promise<Normalised> {
  const { before, targetLufs, ceilingDbtp } = job;
  const { integrated_lufs: lufs, true_peak_dbtp: peak, why_null } = before.levels;
  if (lufs === null || peak === null) {
    throw new AppError(
      "invalid_input",
      `The loudness cannot be set, as it cannot be measured. ${why_null ?? ""}`.trim(),
    );
  }
  const gainDb = targetLufs - lufs;
  const fits = peak + gainDb + METER_MARGIN_DB <= ceilingDbtp;
  let settings: Settings = { mode: fits ? "linear" : "limiter", gainDb, limitDbtp: ceilingDbtp - OVERSHOOT_DB };
  let last: Reached | null = null;
  for (let pass = 1; ; pass++) {
    checkMode(settings, job, peak);
    const { rendered, after, graph } = await renderPass(job, settings, pass, context);
    const { lu, overDb, isRight } = misses(after, job, pass);
    if (isRight) return { rendered, after, settings, passes: pass, graph };
    const reached = after.levels.integrated_lufs ?? Number.NEGATIVE_INFINITY;
    if (pass === MOST_PASSES || !Number.isFinite(lu)) throw unreachable(job, reached);
    const now = { driveDb: settings.gainDb - settings.limitDbtp, overLimitLu: reached - settings.limitDbtp };
    settings = corrected(settings, job, reached, overDb, slopeOf(last, now));
    last = now;
  }
}

/** The limiter's loudness against its limit depends on the gain against its limit alone, whatever the limit is. */
interface Reached {
  readonly driveDb: number;
  readonly overLimitLu: number;
}

/** LU of loudness a dB of gain: 1 without a limiter, less the more it takes away. */
function slopeOf(last: Reached | null, now: Reached): number {
  const step = last === null ? 0 : now.driveDb - last.driveDb;
  if (last === null || Math.abs(step) < 0.02) return FIRST_SLOPE;
  return Math.min(1, Math.max(0.2, (now.overLimitLu - last.overLimitLu) / step));
}

function corrected(
  { mode, gainDb, limitDbtp }: Settings,
  { targetLufs, ceilingDbtp }: NormalisationJob,
  reachedLufs: number,
  overDb: number,
  slope: number,
): Settings {
  if (mode === "linear") {
    const next = gainDb + targetLufs - reachedLufs;
    if (overDb <= 0) return { mode, gainDb: next, limitDbtp };
    // A lossy coder raises peaks: the gain alone would have been right.
    return { mode: "limiter", gainDb: next, limitDbtp: ceilingDbtp - OVERSHOOT_DB - overDb };
  }
  const limit = overDb <= 0 ? limitDbtp : limitDbtp - overDb;
  const driveDb = gainDb - limitDbtp + (targetLufs - limit - (reachedLufs - limitDbtp)) / slope;
  return { mode, gainDb: driveDb + limit, limitDbtp: limit };
}

function checkMode({ mode, gainDb, limitDbtp }: Settings, job: NormalisationJob, peak: number): void {
  if (mode === "limiter" && !job.allowLimiter) {
    const most = round(job.ceilingDbtp - METER_MARGIN_DB - peak + (job.before.levels.integrated_lufs ?? 0), 1);
    const message =
      `Gain alone would lift the true peak to ${(peak + gainDb).toFixed(1)} dBTP, over the ceiling of ${job.ceilingDbtp}. ` +
      `Without a limiter ${most} LUFS can be had: choose that, raise the ceiling, or allow the limiter.`;
    throw new AppError("invalid_input", message);
  }
  if (limitDbtp < -23) throw unreachable(job, job.before.levels.integrated_lufs ?? Number.NEGATIVE_INFINITY);
}

function unreachable({ targetLufs, ceilingDbtp }: NormalisationJob, reached: number): AppError {
  return new AppError(
    "invalid_input",
    `${targetLufs} LUFS cannot be reached under a true peak of ${ceilingDbtp} dBTP: ${reached.toFixed(1)} LUFS came out. ` +
      "Choose a lower target or a higher ceiling.",
  );
}

async function renderPass(job: NormalisationJob, settings: Settings, pass: number, context: OperationContext) {
  const { source, plan, tags, before } = job;
  const gain = `volume=volume=${settings.gainDb.toFixed(4)}dB:precision=double`;
  const rate = source.probe.sampleRateHz;
  const limiter = settings.mode === "limiter" ? truePeakLimiter(settings.limitDbtp, RELEASE_MS, rate) : [];
  const graph = chainGraph([gain, ...limiter, ...plan.filters]);
  const expectedSeconds = before.durationSeconds;
  const rendering = { graph, plan, tags, role: "normalized", suffix: " (normalized)", part: null, expectedSeconds };
  const how = pass === 1 ? "" : `, pass ${pass}`;
  const report = (from: number, width: number, what: string) => (share: number | null) => {
    context.progress(share === null || pass > 1 ? null : from + width * share, `${what}${how}`);
  };
  const rendered = await renderAudio(source, rendering, context, report(0.25, 0.5, "Writing"));
  const measure = report(0.75, 0.25, "Measuring the result");
  const after = await measureLoudness(rendered.file.path, expectedSeconds, context, measure);
  return { rendered, after, graph: rendered.graph };
}

/** What is right already is not coded again. */
async function copied({ source, plan, before }: NormalisationJob, context: OperationContext): Promise<Normalised> {
  const { extension, mimeType } = plan.definition;
  const path = join(context.folder, `normalized.${extension}`);
  await copyFile(source.path, path).catch((error: unknown) => {
    throw storageError(error);
  });
  const filename = outputName(source.filename, " (normalized)", extension);
  const file = { role: "normalized", path, filename, mimeType };
  const coding = await sourceCoding(source);
  const seconds = before.durationSeconds;
  const notKept: readonly string[] = [];
  const rendered = { file, graph: "", coding, seconds, warnings: [], notKept };
  return { rendered, after: before, settings: { mode: "unchanged", gainDb: 0, limitDbtp: 0 }, passes: 0, graph: "" };
}
