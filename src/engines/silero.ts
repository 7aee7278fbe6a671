/** Speech by Silero VAD (snakers4/silero-vad, version 5 and 6): a recurrent network over frames of 32 ms. */
import { FloatSeries } from "../dsp/float-series.ts";
import { AppError } from "../errors.ts";
import type { SpeechProbability } from "../features/speech-probability.ts";
import type { InferenceSession, Tensor } from "../models/inference.ts";
import type { FeatureEngine } from "./engine.ts";

export const SILERO_RATE = 16_000;
const FRAME = 512;
/** Each frame is preceded by the end of the one before. */
const CONTEXT = 64;
const STEP = CONTEXT + FRAME;
/** Frames that go to the network together: 8 s. */
const FRAMES_AT_ONCE = 256;
/** It is small: a second thread doubles what a frame costs. */
export const SILERO_THREADS = 1;
const STATE: Tensor = { data: new Float32Array(256), dims: [2, 1, 128] };

export const silero: FeatureEngine = {
  name: "silero",
  feature: "speechProbability",
  task: "detect_speech",
  sampleRate: SILERO_RATE,
  threads: SILERO_THREADS,
  isPreferred: true,
  notes: [],
  open(session) {
    const run = openSilero(session);
    return { push: run.push, finish: async () => ({ speechProbability: await run.finish() }) };
  },
};

export interface SileroRun {
  /** Takes mono samples at 16 kHz in order. */
  push(samples: Float32Array): Promise<void>;
  /** The probability of each 32 ms; the last frame is filled up with silence. */
  finish(): Promise<SpeechProbability>;
}

/** Memory: 4 bytes a frame, and half a megabyte. @throws AppError internal when the network is another. */
export function openSilero(session: InferenceSession): SileroRun {
  const names = session.inputs.map(({ name }) => name);
  if (!["input", "state", "sr"].every((name) => names.includes(name))) {
    const message = "The file of Silero VAD has other inputs than expected. Get the version that the manifest names.";
    throw new AppError("internal", message);
  }
  const constants = { sr: { data: Float32Array.of(SILERO_RATE), dims: [] } };
  const probability = new FloatSeries();
  const steps = new Float32Array(FRAMES_AT_ONCE * STEP);
  let initial: Readonly<Record<string, Tensor>> = { state: STATE };
  let frames = 0;
  let filled = CONTEXT;

  async function detect(): Promise<void> {
    const input = { data: steps.slice(0, frames * STEP), dims: [frames, 1, STEP] };
    const { outputs, state } = await session.scan({ steps: { input }, constants, state: { state: "stateN" }, initial });
    for (const value of outputs.output.data) probability.push(value);
    initial = state;
    frames = 0;
  }

  /** The frame is full: its end is the beginning of the next one. */
  async function close(): Promise<void> {
    const end = (frames + 1) * STEP;
    frames++;
    filled = CONTEXT;
    if (frames < FRAMES_AT_ONCE) {
      steps.copyWithin(end, end - CONTEXT, end);
      return;
    }
    const context = steps.slice(end - CONTEXT, end);
    await detect();
    steps.set(context);
  }

  return {
    async push(samples) {
      for (let taken = 0; taken < samples.length; ) {
        const count = Math.min(samples.length - taken, STEP - filled);
        steps.set(samples.subarray(taken, taken + count), frames * STEP + filled);
        filled += count;
        taken += count;
        if (filled === STEP) await close();
      }
    },
    async finish() {
      if (filled > CONTEXT) {
        steps.fill(0, frames * STEP + filled, (frames + 1) * STEP);
        await close();
      }
      if (frames > 0) await detect();
      return { probability: probability.toArray(), hopSeconds: FRAME / SILERO_RATE };
    },
  };
}
