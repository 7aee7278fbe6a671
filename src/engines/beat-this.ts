/**
 * Beats and downbeats by Beat This (Foscarin, Schlüter & Widmer, "Beat This! Accurate beat tracking without DBN postprocessing", ISMIR,
 * 2024; CPJKU/beat_this): a transformer over 30 s of a mel spectrogram at a time.
 */
import { findPulse } from "../dsp/pulse.ts";
import { AppError } from "../errors.ts";
import type { InferenceSession } from "../models/inference.ts";
import { BEAT_THIS_BANDS, openBeatThisSpectrogram } from "./beat-this-spectrogram.ts";
import type { EngineRun, FeatureEngine } from "./engine.ts";
import { type BeatLogits, CHUNK, openFrameChunks } from "./frame-chunks.ts";

export const beatThis: FeatureEngine = {
  name: "beat_this",
  feature: "beatTrack",
  task: "rhythm",
  sampleRate: 22_050,
  threads: null,
  // Its weights were not at hand to be measured.
  isPreferred: false,
  notes: ["The confidences were measured with Hark's own beat network and are not calibrated for this engine."],
  open: openBeatThis,
};

/** Onsets and changes of the spectrum stay Hark's own; the pulse is found in the network's activations in the same way. */
function openBeatThis(session: InferenceSession): EngineRun {
  const [input] = session.inputs;
  const names = session.outputs.map(({ name }) => name);
  const downbeatName = names.find((name) => /downbeat/i.test(name));
  const beatName = names.find((name) => name !== downbeatName && /beat/i.test(name));
  // Some exports take any number of frames, others only whole chunks.
  const [fixedFrames, bands] = input?.dims.slice(-2) ?? [];
  const isOther =
    session.inputs.length !== 1 || (bands ?? BEAT_THIS_BANDS) !== BEAT_THIS_BANDS || (fixedFrames ?? CHUNK) < CHUNK;
  if (isOther || beatName === undefined || downbeatName === undefined) {
    const message = "The file of Beat This has other inputs or outputs than expected. Get the version of its manifest.";
    throw new AppError("internal", message);
  }
  const spectrogram = openBeatThisSpectrogram();
  const chunks = openFrameChunks(BEAT_THIS_BANDS, async (rows, frames): Promise<BeatLogits> => {
    const length = fixedFrames ?? frames;
    const data = new Float32Array(length * BEAT_THIS_BANDS);
    data.set(rows);
    const outputs = await session.run({ [input.name]: { data, dims: [1, length, BEAT_THIS_BANDS] } });
    return { beat: outputs[beatName].data, downbeat: outputs[downbeatName].data };
  });

  return {
    async push(samples) {
      await chunks.push(spectrogram.push(samples));
    },
    async finish({ beatTrack: own }) {
      if (own === undefined) throw new AppError("internal", "Beat This was finished without Hark's own onsets.");
      await chunks.push(spectrogram.end());
      const logits = await chunks.end();
      const beat = activation(logits.beat, own.beat.length);
      const downbeat = activation(logits.downbeat, own.beat.length);
      const activations = { beat, downbeat, change: own.change, hopSeconds: own.hopSeconds };
      return { beatTrack: { ...own, ...activations, pulse: findPulse(activations), isOwn: false } };
    },
  };
}

/** In [0, 1]; 0 where the network said nothing. */
function activation(logits: Float32Array, frames: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, frame) => {
    const logit = frame < logits.length ? logits[frame] : Number.NEGATIVE_INFINITY;
    return Number.isNaN(logit) ? 0 : 1 / (1 + Math.exp(-logit));
  });
}
