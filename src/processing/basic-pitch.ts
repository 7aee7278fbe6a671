/** Activations of the keys of a piano by Basic Pitch (spotify/basic-pitch, ICASSP 2022), over windows of two seconds. */
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { AppError } from "../errors.ts";
import type { FoundModel } from "../models/model-library.ts";
import { audioWindows } from "./audio-windows.ts";
import { monoAudio } from "./mono-audio.ts";
import { KEYS, type KeyActivations } from "./note-creation.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import { withNetwork } from "./run-network.ts";

const SAMPLE_RATE = 22_050;
const HOP = 256;
const WINDOW = 43_844;
const WINDOW_FRAMES = 172;
/** Of the overlap of 30 frames each window gives up half on each side. */
const MARGIN_FRAMES = 15;
const KEPT_FRAMES = WINDOW_FRAMES - 2 * MARGIN_FRAMES;
const STEP = WINDOW - 2 * MARGIN_FRAMES * HOP;
const NOTES = "StatefulPartitionedCall:1";
const ONSETS = "StatefulPartitionedCall:2";

export interface BasicPitchActivations extends KeyActivations {
  readonly durationSeconds: number;
}

/** When frame `frame` of the joined windows begins, seconds: windows follow a little closer than their frames are long. */
export function basicPitchSeconds(frame: number): number {
  const window = Math.floor(frame / KEPT_FRAMES);
  return (window * STEP + (frame - window * KEPT_FRAMES) * HOP) / SAMPLE_RATE;
}

/** Runs the network over the recording. Memory: 700 bytes a frame, 60 kB a second. @throws AppError as decoders and the runtime do. */
export function basicPitchActivations(
  model: FoundModel,
  source: SourceFile,
  context: OperationContext,
  tap: (block: AudioBlock, format: AudioFormat) => void,
): Promise<BasicPitchActivations> {
  return withNetwork(model, context.signal, async (session) => {
    const [input] = session.inputs;
    if (
      input === undefined ||
      ![NOTES, ONSETS].every((name) => session.outputs.some((output) => output.name === name))
    ) {
      throw new AppError(
        "internal",
        "The file of Basic Pitch has other outputs than expected. Get the one of the manifest.",
      );
    }
    const notes: Float32Array[] = [];
    const onsets: Float32Array[] = [];
    let sampleCount = 0;
    const counted = counting(monoAudio(source, SAMPLE_RATE, context, tap), (count) => {
      sampleCount += count;
    });
    const before = MARGIN_FRAMES * HOP;
    const plan = { before, length: WINDOW - before, step: STEP, beyond: 0 };
    for await (const { channels, start } of audioWindows(counted, 1, plan)) {
      const outputs = await session.run({ [input.name]: { data: channels[0], dims: [1, WINDOW, 1] } });
      notes.push(inner(outputs[NOTES].data));
      onsets.push(inner(outputs[ONSETS].data));
      const { durationSeconds } = source.probe;
      if (durationSeconds)
        context.progress(Math.min(0.95, start / SAMPLE_RATE / durationSeconds), "Listening for notes");
    }
    return { notes: joined(notes), onsets: joined(onsets), durationSeconds: sampleCount / SAMPLE_RATE };
  });
}

async function* counting(blocks: AsyncIterable<AudioBlock>, count: (samples: number) => void) {
  for await (const block of blocks) {
    count(block.length);
    yield block;
  }
}

function inner(values: Float32Array): Float32Array {
  return values.slice(MARGIN_FRAMES * KEYS, (MARGIN_FRAMES + KEPT_FRAMES) * KEYS);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const size = KEPT_FRAMES * KEYS;
  const whole = new Float32Array(parts.length * size);
  for (const [index, part] of parts.entries()) whole.set(part, index * size);
  return whole;
}
