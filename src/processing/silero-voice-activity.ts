/** Voice activity by Silero VAD (snakers4/silero-vad, version 5 and 6): a recurrent network over frames of 32 ms. */
import { FloatSeries } from "../dsp/float-series.ts";
import { AppError } from "../errors.ts";
import type { InferenceSession } from "../models/inference.ts";
import type { FoundModel } from "../models/model-library.ts";
import { monoAudio } from "./mono-audio.ts";
import type { OperationContext, SourceFile } from "./operation.ts";
import { withNetwork } from "./run-network.ts";
import type { VoiceActivity } from "./voice-activity.ts";

const SAMPLE_RATE = 16_000;
const FRAME = 512;
/** Each frame is preceded by the end of the one before. */
const CONTEXT = 64;
const STATE_DIMS = [2, 1, 128];
const STATE_SIZE = 256;

/** The probability of each 32 ms; the last frame is filled up with silence. Memory: 4 bytes a frame. @throws AppError as decoders and the runtime do. */
export function sileroVoiceActivity(
  model: FoundModel,
  source: SourceFile,
  context: OperationContext,
  report: (share: number) => void,
): Promise<VoiceActivity> {
  return withNetwork(model, context.signal, async (session) => {
    const detect = openSilero(session);
    const probabilities = new FloatSeries();
    const input = new Float32Array(CONTEXT + FRAME);
    let filled = CONTEXT;
    let sampleCount = 0;
    const step = async () => {
      probabilities.push(await detect(input));
      input.copyWithin(0, FRAME);
      filled = CONTEXT;
    };
    for await (const { channels, length } of monoAudio(source, SAMPLE_RATE, context)) {
      for (let taken = 0; taken < length; ) {
        const count = Math.min(length - taken, input.length - filled);
        input.set(channels[0].subarray(taken, taken + count), filled);
        filled += count;
        taken += count;
        if (filled === input.length) await step();
      }
      sampleCount += length;
      if (source.probe.durationSeconds) report(Math.min(1, sampleCount / SAMPLE_RATE / source.probe.durationSeconds));
    }
    if (filled > CONTEXT) {
      input.fill(0, filled);
      await step();
    }
    return {
      engine: "silero",
      model,
      probabilities: probabilities.toArray(),
      hopSeconds: FRAME / SAMPLE_RATE,
      durationSeconds: sampleCount / SAMPLE_RATE,
      notes: [],
    };
  });
}

/** Takes frames with their context in order, and keeps the state between them. @throws AppError internal when the network is another. */
function openSilero(session: InferenceSession): (input: Float32Array) => Promise<number> {
  const names = session.inputs.map(({ name }) => name);
  if (!["input", "state", "sr"].every((name) => names.includes(name))) {
    const message = "The file of Silero VAD has other inputs than expected. Get the version that the manifest names.";
    throw new AppError("internal", message);
  }
  let state = new Float32Array(STATE_SIZE);
  const rate = { data: Float32Array.of(SAMPLE_RATE), dims: [] };
  return async (input) => {
    const outputs = await session.run({
      input: { data: input, dims: [1, input.length] },
      state: { data: state, dims: STATE_DIMS },
      sr: rate,
    });
    state = new Float32Array(outputs.stateN.data);
    return outputs.output.data[0];
  };
}
