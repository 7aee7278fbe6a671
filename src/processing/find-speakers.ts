/** Who speaks when in a recording, by the models for it. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { installedModel } from "../models/installed-model.ts";
import type { FoundModel, ModelLibrary } from "../models/model-library.ts";
import { hasSpeechRuntime, SpeechChild, speechRuntimeMissing } from "../models/speech-child.ts";
import type { SpeakerTurn } from "../models/speech-message.ts";
import { monoAudio } from "./mono-audio.ts";
import type { OperationContext, SourceFile } from "./operation.ts";

/** Among the models of transcribe_audio. */
const ENGINE = "diarisation";
const SAMPLE_RATE = 16_000;

/** The model that tells speakers apart. @throws AppError as `installedModel`, and unavailable where sherpa-onnx is missing. */
export async function chooseDiarisation(library: ModelLibrary | undefined): Promise<FoundModel> {
  const models = (await library?.find("transcribe_audio")) ?? [];
  const model = installedModel(models, { engine: ENGINE, otherwise: "leave speakers out" });
  if (!hasSpeechRuntime()) throw speechRuntimeMissing();
  return model;
}

/**
 * The turns of the speakers by time. The recording lies as float32 on the disk of the context's folder meanwhile: 230 MB an hour, and
 * as much in the memory of the process. @param speakers Their number, or null where it is not known. @throws AppError as decoders and
 * `SpeechChild.diarise` do.
 */
export async function findSpeakers(
  model: FoundModel,
  source: SourceFile,
  speakers: number | null,
  context: OperationContext,
): Promise<readonly SpeakerTurn[]> {
  const samplesPath = join(context.folder, "speakers.f32");
  const seconds = await writeSamples(samplesPath, source, context);
  const child = new SpeechChild();
  try {
    return await child.diarise(model, { samplesPath, sampleRate: SAMPLE_RATE, seconds }, speakers, context.signal);
  } finally {
    await child.close();
  }
}

/** Gives the duration in seconds. */
async function writeSamples(path: string, source: SourceFile, context: OperationContext): Promise<number> {
  const file = await open(path, "wx");
  try {
    let count = 0;
    for await (const { channels, length } of monoAudio(source, SAMPLE_RATE, context)) {
      const [samples] = channels;
      await file.write(new Uint8Array(samples.buffer, samples.byteOffset, 4 * length));
      count += length;
    }
    return count / SAMPLE_RATE;
  } finally {
    await file.close();
  }
}
