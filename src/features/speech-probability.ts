/** The chance of speech along time, which only a model gives (src/engines). */
import type { AudioBlock } from "../audio/audio-format.ts";
import type { Feature } from "./extractor.ts";

export interface SpeechProbability {
  /** `[frame]`: chance that frame t, from t · hopSeconds on, holds speech, in [0, 1]. Without a model there are no frames. */
  readonly probability: Float32Array;
  readonly hopSeconds: number;
}

/** No frames: Hark has no such estimate of its own. An engine puts its frames in the place of these. */
export const speechProbability: Feature<AudioBlock, SpeechProbability> = {
  name: "speechProbability",
  from: null,
  open: () => ({ push() {}, finish: () => ({ probability: new Float32Array(0), hopSeconds: 1 }) }),
};
