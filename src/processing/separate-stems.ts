/** Separates a recording into vocals, drums, bass and the rest, each as a file. */
import { z } from "zod";
import { round } from "../agents/rounding.ts";
import { AppError } from "../errors.ts";
import { InferenceChild } from "../models/inference-child.ts";
import { chooseSeparation, type SeparationChoice } from "./choose-separation.ts";
import { CLASSIC_ENGINE } from "./classic-engine.ts";
import { htdemucsEngine, htdemucsFtEngine } from "./htdemucs-engine.ts";
import { mdxEngine } from "./mdx-engine.ts";
import type { LoadNetworks } from "./network-stems.ts";
import { defineOperation, type OperationContext, type OutputFile, type SourceFile } from "./operation.ts";
import { outputName } from "./output-name.ts";
import { type SeparationEngine, STEMS } from "./separation-engine.ts";
import { spleeterEngine } from "./spleeter-engine.ts";
import { encodeFlac, measureStems, type StemFile, writeStems } from "./stem-files.ts";
import { openStemSource, type StemSource } from "./stem-source.ts";

/** Of the whole progress, what separating takes; measuring takes the rest. */
const SEPARATION_SHARE = 0.9;

const NETWORK_ENGINES: Readonly<Record<string, (load: LoadNetworks) => SeparationEngine>> = {
  spleeter: spleeterEngine,
  htdemucs: htdemucsEngine,
  htdemucs_ft: htdemucsFtEngine,
  mdx: mdxEngine,
};

const level = z.number().nullable();

export const separateStems = defineOperation({
  name: "separate_stems",
  title: "Separate stems",
  description:
    "Separates a recording into four files: vocals, drums, bass, other, as long as the recording and at its rate. Says which " +
    "engine and model did it, under which licence, and what to expect of it. Without a model installed the classic engine " +
    "works, with strong bleed.",
  version: 1,
  input: z.object({
    engine: z
      .enum(["auto", "classic", "spleeter", "htdemucs", "htdemucs_ft", "mdx"])
      .default("auto")
      .describe("auto takes the best engine that is installed and that the licence policy allows"),
    format: z.enum(["wav", "flac"]).default("wav"),
    sample_format: z
      .enum(["pcm16", "pcm24", "float32"])
      .default("pcm24")
      .describe("float32 for wav only; it keeps what goes beyond full scale"),
  }),
  output: z.object({
    stems: z.array(
      z.object({
        stem: z.enum(STEMS),
        integrated_lufs: level,
        true_peak_dbtp: level,
        rms_dbfs: level,
        energy_share: level.describe("Of the energy of the four stems, 0 to 1"),
        bleed_estimate: level.describe(
          "0 to 0.75: how much lies where other stems are as strong; sound wholly in the wrong stem is not seen",
        ),
        clipped_samples: z.number().int(),
      }),
    ),
    engine: z.string(),
    engine_reason: z.string(),
    model: z.object({ id: z.string(), name: z.string(), licence: z.string(), licence_scope: z.string() }).nullable(),
    ran_on: z.string().describe("cpu, cuda or webgpu"),
    residual_db: level.describe("Energy of the recording less the sum of the stems, against the recording's"),
    sample_rate_hz: z.number(),
    channels: z.number().int(),
    duration_seconds: z.number(),
    seconds_used: z.number(),
    notes: z.array(z.string()),
  }),

  check: checkFormat,

  async run(source, parameters, context) {
    const startedAt = performance.now();
    checkFormat(parameters);
    const choice = await chooseSeparation(parameters.engine, context.models);
    const opened = openEngine(choice, context);
    try {
      const recording = await openStemSource(source.path, context);
      try {
        const files = await separate(opened.engine, recording, parameters, context);
        const { stems, residualDb } = await measureStems(
          files.map(({ path }) => path),
          recording,
          context,
          (share) => context.progress(SEPARATION_SHARE + (1 - SEPARATION_SHARE) * share, "Measuring the stems"),
        );
        const value = {
          stems: stems.map((measures, index) => ({
            stem: files[index].name,
            integrated_lufs: measures.integratedLufs,
            true_peak_dbtp: measures.truePeakDbtp,
            rms_dbfs: rounded(measures.rmsDbfs, 2),
            energy_share: rounded(measures.energyShare, 4),
            bleed_estimate: rounded(measures.bleedEstimate, 3),
            clipped_samples: files[index].clippedCount,
          })),
          ...describe(choice),
          ran_on: opened.provider(),
          residual_db: rounded(residualDb, 1),
          sample_rate_hz: recording.format.sampleRate,
          channels: recording.format.channels,
          duration_seconds: round(recording.length / recording.format.sampleRate, 3) ?? 0,
          seconds_used: round((performance.now() - startedAt) / 1000, 2) ?? 0,
          notes: [...choice.notes, ...notesOn(recording, files, opened.engine)],
        };
        return { value, files: files.map((file) => outputFile(file, source, parameters.format)) };
      } finally {
        recording.close();
      }
    } catch (error) {
      throw asExpected(error, context.signal);
    } finally {
      await opened.close();
    }
  },
});

function checkFormat({ format, sample_format }: { readonly format: string; readonly sample_format: string }): void {
  if (format !== "flac" || sample_format !== "float32") return;
  throw new AppError("invalid_input", "FLAC holds no float samples. Choose sample_format pcm24, or format wav.");
}

interface OpenedEngine {
  readonly engine: SeparationEngine;
  readonly provider: () => string;
  readonly close: () => Promise<void>;
}

function openEngine({ engine, model }: SeparationChoice, { signal }: OperationContext): OpenedEngine {
  if (model === null) return { engine: CLASSIC_ENGINE, provider: () => "cpu", close: async () => {} };
  const runtime = new InferenceChild();
  let provider = "cpu";
  const load: LoadNetworks = async (roles) => {
    const paths = roles.map((role) => model.paths.get(role));
    const known = paths.filter((path) => path !== undefined);
    if (known.length < paths.length) {
      const message = `The manifest of ${model.manifest.id} lacks a file that its engine needs: ${roles.join(", ")}.`;
      throw new AppError("unavailable", message);
    }
    const sessions = await runtime.load(known, signal);
    provider = sessions[0]?.provider ?? provider;
    return sessions;
  };
  return { engine: NETWORK_ENGINES[engine](load), provider: () => provider, close: () => runtime.close() };
}

/** The stems' files, in the order of STEMS. */
async function separate(
  engine: SeparationEngine,
  recording: StemSource,
  { format, sample_format }: { readonly format: string; readonly sample_format: "pcm16" | "pcm24" | "float32" },
  context: OperationContext,
): Promise<StemFile[]> {
  const engineFormat = engine.formatFor(recording.format);
  const passes = engine.passes(engineFormat);
  const files: StemFile[] = [];
  for (const [index, pass] of passes.entries()) {
    const what = passes.length === 1 ? "Separating" : `Separating the ${pass.stems.join(", ")}`;
    const report = (share: number) => context.progress((SEPARATION_SHARE * (index + share)) / passes.length, what);
    files.push(...(await writeStems(pass, engineFormat, sample_format, recording, context, report)));
  }
  const ordered = files.sort((a, b) => STEMS.indexOf(a.name) - STEMS.indexOf(b.name));
  if (format === "wav") return ordered;
  const encoded: StemFile[] = [];
  for (const file of ordered) {
    encoded.push({ ...file, path: await encodeFlac(file.path, sample_format === "pcm16" ? 16 : 24, context) });
  }
  return encoded;
}

function describe({ engine, reason, model }: SeparationChoice) {
  if (model === null) return { engine, engine_reason: reason, model: null };
  const { id, name, licence } = model.manifest;
  const described = { id, name, licence: licence.name, licence_scope: licence.scope };
  return { engine, engine_reason: reason, model: described };
}

function notesOn({ source, format }: StemSource, files: readonly StemFile[], engine: SeparationEngine): string[] {
  const notes: string[] = [];
  if (source.channels > 2) notes.push(`The ${source.channels} channels were mixed down to two before separating.`);
  if (format.channels === 1 && engine.name === "classic") {
    notes.push("The recording is mono, so the place of sounds, which tells vocals from the rest, is not known.");
  }
  const engineRate = engine.formatFor(format).sampleRate;
  if (engineRate !== format.sampleRate) {
    notes.push(`The engine works at ${engineRate} Hz: what lies above ${0.45 * engineRate} Hz is in no stem.`);
  }
  if (!engine.sumsToMixture) notes.push("The stems of this engine do not add up to the recording exactly.");
  if (files.some(({ clippedCount }) => clippedCount > 0)) {
    notes.push("Stems went beyond full scale and were clipped; sample_format float32 keeps them whole.");
  }
  return notes;
}

function outputFile({ name, path }: StemFile, { filename }: SourceFile, format: "wav" | "flac"): OutputFile {
  return {
    role: name,
    path,
    filename: outputName(filename, ` - ${name}`, format),
    mimeType: format === "wav" ? "audio/wav" : "audio/flac",
  };
}

function rounded(value: number | null, decimals: number): number | null {
  return value === null ? null : round(value, decimals);
}

function asExpected(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted)
    return new AppError("cancelled", "The separation was cancelled before it finished.", { cause: error });
  if (error instanceof Error && "code" in error && error.code === "ENOSPC") {
    const message =
      "The disk is full: the stems need about four times the space of the recording as WAV. Free some and retry.";
    return new AppError("unavailable", message, { cause: error });
  }
  return error;
}
