/** By what a recording is denoised: a network for speech where it is installed and there is speech, else FFmpeg's filter. */
import { speechActivity } from "../agents/speech-activity.ts";
import { ffmpegDecoder } from "../audio/ffmpeg-decoder.ts";
import { openExtraction } from "../features/extraction.ts";
import { hasInferenceRuntime, runtimeMissing } from "../models/inference-child.ts";
import { installedModel } from "../models/installed-model.ts";
import { whyRefused } from "../models/licence-policy.ts";
import type { FoundModel } from "../models/model-library.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import { withSource } from "./run-ffmpeg-filter.ts";
import { sileroVoiceActivity } from "./silero-voice-activity.ts";

const TASK = "apply_effects";

export interface DenoiserChoice {
  readonly engine: "gtcrn" | "fft";
  /** Null for the engine without one. */
  readonly model: FoundModel | null;
  /** What was passed over and why, how to get better. */
  readonly notes: readonly string[];
}

/**
 * The engine for what the chain asks for. @throws AppError when `gtcrn` was asked for: as `installedModel`, and unavailable without the
 * runtime; as decoders do.
 */
export async function chooseDenoiser(
  wanted: "auto" | "gtcrn" | "fft",
  source: SourceFile,
  context: OperationContext,
): Promise<DenoiserChoice> {
  if (wanted === "fft") return { engine: "fft", model: null, notes: [] };
  const models = (await context.models?.find(TASK)) ?? [];
  const own = models.filter(({ manifest }) => manifest.engine === "gtcrn");
  const model = own.find(({ state }) => state === "installed");
  if (wanted === "gtcrn") {
    const asked = installedModel(own, { engine: wanted, otherwise: "use fft" });
    if (!hasInferenceRuntime()) throw runtimeMissing();
    return { engine: "gtcrn", model: asked, notes: [] };
  }
  if (model === undefined || !hasInferenceRuntime()) return filter(whyNoNetwork(own, model !== undefined));
  if (await isSpeech(source, context)) return { engine: "gtcrn", model, notes: [] };
  const note =
    "GTCRN, which is for speech, was passed over: the recording does not sound mostly like speech, and it would take the rest " +
    "for noise. Ask for engine gtcrn where it is speech in loud noise, or only the speech matters.";
  return filter(note);
}

function filter(note: string): DenoiserChoice {
  return { engine: "fft", model: null, notes: [note] };
}

/** Shares of the frames in which Silero hears speech: above, it is speech; below, it is not. Measured: docs/processing.md, Denoising. */
const SURE_SPEECH = 0.5;
const NO_SPEECH = 0.05;
const HEARD = 0.5;

/** Whether the recording is mostly speech: by Silero where it is installed and sure, since it hears speech in loud noise; else by Hark's own detector. */
async function isSpeech(source: SourceFile, context: OperationContext): Promise<boolean> {
  const share = await sileroShare(source, context);
  if (share !== null && share > SURE_SPEECH) return true;
  if (share !== null && share < NO_SPEECH) return false;
  return soundsLikeSpeech(source, context);
}

/** Null where Silero is not installed, or there is nothing to hear. */
async function sileroShare(source: SourceFile, context: OperationContext): Promise<number | null> {
  const models = (await context.models?.find("detect_speech")) ?? [];
  const model = models.find(({ state }) => state === "installed");
  if (model === undefined) return null;
  const { probabilities } = await sileroVoiceActivity(model, source, context, () => {});
  if (probabilities.length === 0) return null;
  return probabilities.reduce((sum, probability) => sum + (probability > HEARD ? 1 : 0), 0) / probabilities.length;
}

/** Whether there is more speech than anything else, by Hark's own detector, which takes speech in loud noise for music. */
async function soundsLikeSpeech({ path }: SourceFile, { ffmpeg, limits, signal }: OperationContext): Promise<boolean> {
  return await withSource(path, async (source) => {
    const { format, blocks } = await ffmpegDecoder(ffmpeg).open(source, { limits, signal });
    const extraction = openExtraction(format, speechActivity.needs);
    for await (const block of blocks) extraction.push(block);
    const { shares } = speechActivity.analyse(extraction.finish(), speechActivity.parameters.parse({}));
    return (shares?.speech ?? 0) > Math.max(shares?.music ?? 0, shares?.other ?? 0);
  });
}

function whyNoNetwork(own: readonly FoundModel[], isInstalled: boolean): string {
  const known = own.at(0);
  if (known?.state === "refused") return whyRefused(known.manifest, own);
  const what = isInstalled
    ? "onnxruntime-node"
    : `the model gtcrn (hark models pull gtcrn, 535 kB, MIT)${hasInferenceRuntime() ? "" : " and onnxruntime-node"}`;
  const damaged = known?.state === "damaged" ? " The file that is there is damaged." : "";
  return `Noise behind speech goes better by a network: get ${what}.${damaged}`;
}
