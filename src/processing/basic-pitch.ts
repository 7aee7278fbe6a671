/** Activations of the keys of a piano by Basic Pitch (spotify/basic-pitch, ICASSP 2022), over windows of two seconds. */
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { AppError } from "../errors.ts";
import type { FoundModel } from "../models/model-library.ts";
import { audioWindows } from "./audio-windows.ts";
import { HOP, KEPT_FRAMES, MARGIN_FRAMES, SAMPLE_RATE, STEP, WINDOW } from "./basic-pitch-frames.ts";
import { monoAudio } from "./mono-audio.ts";
import { KEYS, type KeyActivations, storeActivations } from "./note-creation.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import { withNetwork } from "./run-network.ts";

const NOTES = "StatefulPartitionedCall:1";
const ONSETS = "StatefulPartitionedCall:2";

export interface BasicPitchActivations extends KeyActivations {
  readonly durationSeconds: number;
}

/**
 * Runs the network over the recording; the activations lie in memory that threads can share. Memory: 350 bytes a frame, 30 kB a
 * second. @throws AppError as decoders and the runtime do, invalid_input for a recording longer than `longestSeconds`.
 */
export function basicPitchActivations(
  model: FoundModel,
  source: SourceFile,
  context: OperationContext,
  longestSeconds: number,
  tap: (block: AudioBlock, format: AudioFormat) => Promise<void>,
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
    const windowSize = KEPT_FRAMES * KEYS;
    // Only what is written to takes memory. A header may be a little short of the truth, or silent.
    const mostWindows = Math.ceil((longestSeconds * SAMPLE_RATE) / STEP) + 2;
    const [notes, onsets] = [sharedCodes(mostWindows * windowSize), sharedCodes(mostWindows * windowSize)];
    let windows = 0;
    let sampleCount = 0;
    const counted = counting(monoAudio(source, SAMPLE_RATE, context, tap), (count) => {
      sampleCount += count;
    });
    const before = MARGIN_FRAMES * HOP;
    const plan = { before, length: WINDOW - before, step: STEP, beyond: 0 };
    for await (const { channels, start } of audioWindows(counted, 1, plan)) {
      const feeds = { [input.name]: { data: channels[0], dims: [1, WINDOW, 1] } };
      const outputs = await session.run(feeds, [NOTES, ONSETS]);
      if (windows === mostWindows) throw tooLong();
      storeActivations(inner(outputs[NOTES].data), notes, windows * windowSize);
      storeActivations(inner(outputs[ONSETS].data), onsets, windows * windowSize);
      windows++;
      const { durationSeconds } = source.probe;
      if (durationSeconds)
        context.progress(Math.min(0.95, start / SAMPLE_RATE / durationSeconds), "Listening for notes");
    }
    const size = windows * windowSize;
    return {
      notes: notes.subarray(0, size),
      onsets: onsets.subarray(0, size),
      durationSeconds: sampleCount / SAMPLE_RATE,
    };
  });
}

async function* counting(blocks: AsyncIterable<AudioBlock>, count: (samples: number) => void) {
  for await (const block of blocks) {
    count(block.length);
    yield block;
  }
}

function inner(values: Float32Array): Float32Array {
  return values.subarray(MARGIN_FRAMES * KEYS, (MARGIN_FRAMES + KEPT_FRAMES) * KEYS);
}

function sharedCodes(length: number): Uint16Array {
  return new Uint16Array(new SharedArrayBuffer(length * Uint16Array.BYTES_PER_ELEMENT));
}

function tooLong(): AppError {
  return new AppError(
    "invalid_input",
    "The recording is longer than its header says, and too long. Cut it into parts.",
  );
}
