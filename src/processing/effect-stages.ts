/** Effects that are no filters of FFmpeg part a chain into stages: what stands before them is rendered, they run, and the chain goes on. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FLOAT_WAV } from "./audio-encodings.ts";
import { chooseDenoiser, type DenoiserChoice } from "./choose-denoiser.ts";
import { denoiseSpeech } from "./denoise-speech.ts";
import type { Effect } from "./effect.ts";
import { chainText, layOutChain, type WrittenImpulse } from "./effect-chain.ts";
import type { ChainState } from "./effect-filters.ts";
import { overFinite } from "./finite-graph.ts";
import { type Measurement, measureLoudness } from "./measure-loudness.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import type { PreviewPart } from "./preview-part.ts";
import { readOptions } from "./render-audio.ts";
import { writeImpulse } from "./reverb-impulse.ts";
import { runFfmpegFilter, withSource } from "./run-ffmpeg-filter.ts";
import { describeModel, MODEL } from "./run-network.ts";

type Denoise = Extract<Effect, { type: "denoise" }>;

export const DENOISED = z.object({
  engine: z.enum(["gtcrn", "fft"]),
  model: MODEL.nullable(),
  notes: z.array(z.string()),
});

/** Where a chain stands after its stages: what is left is one graph of FFmpeg over `path`. */
export interface Staged {
  readonly path: string;
  readonly effects: readonly Effect[];
  /** Null when it was taken by a stage, or all is wanted. */
  readonly part: PreviewPart | null;
  readonly start: ChainState;
  /** What the stages did, in order. */
  readonly graphs: readonly string[];
  /** By each `denoise` of the chain. */
  readonly denoised: readonly z.input<typeof DENOISED>[];
  /** Whether a stage met damaged data in the source. */
  readonly isDamaged: boolean;
}

interface Stages extends Staged {
  readonly measured: Measurement;
}

/**
 * Runs the stages of a chain; files of floating point in the context's folder hold what is between them, the source's own rate and depth of
 * sound. @throws AppError as the chain, FFmpeg and the network do.
 */
export async function runStages(
  source: SourceFile,
  begin: Pick<Stages, "effects" | "part" | "start" | "measured">,
  context: OperationContext,
  onShare: (share: number, message: string) => void,
): Promise<Staged> {
  const count = begin.effects.filter(({ type }) => type === "denoise").length;
  let state: Stages = { ...begin, path: source.path, graphs: [], denoised: [], isDamaged: false };
  let from = 0;
  for (let done = 0; done < count; done++) {
    const at = state.effects.findIndex(({ type }, index) => index >= from && type === "denoise");
    const effect = state.effects[at];
    if (effect?.type !== "denoise") break;
    const choice = await chooseDenoiser(effect.engine, source, context);
    const denoised = [...state.denoised, describe(choice)];
    if (choice.model === null) {
      state = { ...state, denoised };
      from = at + 1;
      continue;
    }
    const report = (share: number, message: string) => onShare((done + share) / count, message);
    state = { ...(await denoiseAt(source, at, effect, choice.model, state, context, report)), denoised };
    from = 0;
  }
  return state;
}

function describe({ engine, model, notes }: DenoiserChoice): z.input<typeof DENOISED> {
  return { engine, model: model === null ? null : describeModel(model), notes: [...notes] };
}

/** Of a stage's work, measured on an hour with a filter before the network: what stands before it is rendered, and measured. */
const RENDERED_AT = 0.1;
const MEASURED_AT = 0.2;

/** The chain up to the effect at an index, that effect, and where this leads. */
async function denoiseAt(
  source: SourceFile,
  at: number,
  effect: Denoise,
  model: Parameters<typeof denoiseSpeech>[0],
  before: Stages,
  context: OperationContext,
  report: (share: number, message: string) => void,
): Promise<Stages> {
  const index = before.graphs.length;
  const rendered = await renderedBefore(source, before, before.effects.slice(0, at), index, context, report);
  const from = rendered.path === before.path ? 0 : MEASURED_AT;
  const outputPath = join(context.folder, `denoised-${index}.wav`);
  const noise = {
    inputPath: rendered.path,
    outputPath,
    integratedLufs: rendered.measured.levels.integrated_lufs,
    reductionDb: effect.reduction_db ?? null,
    durationSeconds: rendered.measured.durationSeconds,
  };
  const { isDamaged } = await denoiseSpeech(model, noise, context, (share) => {
    report(from + (1 - from) * share, "Denoising");
  });
  if (index > 0 || rendered.path !== before.path) await rm(rendered.path, { force: true });
  const limit = effect.reduction_db === undefined ? "" : `, at most ${effect.reduction_db} dB`;
  return {
    ...rendered,
    path: outputPath,
    effects: before.effects.slice(at + 1),
    graphs: [...rendered.graphs, `GTCRN (${model.manifest.id}${limit})`],
    isDamaged: rendered.isDamaged || isDamaged,
  };
}

/** What a chain makes of where it stands; nothing is written where there is nothing to do. */
async function renderedBefore(
  source: SourceFile,
  stages: Stages,
  effects: readonly Effect[],
  index: number,
  context: OperationContext,
  report: (share: number, message: string) => void,
): Promise<Stages> {
  const { path, part, start } = stages;
  if (effects.length === 0 && part === null) return stages;
  const chain = layOutChain(effects, start, context.limits);
  const impulses: WrittenImpulse[] = [];
  for (const one of chain.parts) {
    if (one.kind === "reverb") impulses.push(await writeImpulse(one, `${index}-${impulses.length}`, context));
  }
  const outputPath = join(context.folder, `stage-${index}.wav`);
  const graph = chainText(chain, impulses, []);
  const run = {
    inputOptions: readOptions(part, context),
    extraInputs: impulses.map((impulse) => impulse.path),
    graph: index === 0 ? await overFinite(graph, source, context) : graph,
    outputArguments: FLOAT_WAV,
    outputPath,
    expectedSeconds: chain.end.seconds,
    encoderName: "WAV",
  };
  const { isDamaged } = await withSource(path, (opened) =>
    runFfmpegFilter(opened, run, context, (share) => report(RENDERED_AT * (share ?? 0), "Applying what comes before")),
  );
  await Promise.all(impulses.map((impulse) => rm(impulse.path, { force: true })));
  if (index > 0) await rm(path, { force: true });
  const measured = await measureLoudness(outputPath, chain.end.seconds, context, (share) => {
    report(RENDERED_AT + (MEASURED_AT - RENDERED_AT) * (share ?? 0), "Measuring what comes before");
  });
  return {
    ...stages,
    path: outputPath,
    part: null,
    start: { ...chain.end, seconds: measured.durationSeconds },
    measured,
    graphs: [...stages.graphs, run.graph],
    isDamaged: stages.isDamaged || isDamaged,
  };
}
