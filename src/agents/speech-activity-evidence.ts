/** What is known of each moment: windows alone, or windows and a model's speech probability together. */
import type { SpeechProbability } from "../features/speech-probability.ts";
import { WINDOW_HOP_SECONDS } from "./speech-activity-features.ts";
import { KINDS } from "./speech-activity-model.ts";

const LEAST_PROBABILITY = 1e-4;
/** Four windows see each moment, so each has a say of a quarter. */
const INDEPENDENCE = 1 / 4;
/** Steps of the path where a model tells more exactly when speech begins and ends than windows do. */
const FINE_HOP_SECONDS = 0.1;
/** The model's probability is taken over so long, since shorter gaps lie between syllables. */
const MEAN_SECONDS = 0.5;
/** What it says in so long counts as one saying: neighbouring frames, and whole words, are right or wrong together. */
const SAYING_SECONDS = 1;
/**
 * How probable it is that the model hears speech. In what is not speech it hears hardly any (recorded music 0.005, noise and tones
 * 0.001), but singing was not among that: for it 0.3. Music and other sound are alike to it, so it does not part them.
 */
const HEARD = { inSpeech: 0.8, elsewhere: 0.3 };

/** Evidence on a grid of steps, the first from 0 on. */
export interface KindEvidence {
  readonly hopSeconds: number;
  /** `[step][kind]` flat: for the best path, as log probability. */
  readonly scores: Float64Array;
  /** `[step][kind]` flat: the chance of each kind. */
  readonly chances: Float64Array;
}

/** `windows` is `[window][kind]` flat, one every 0.5 s, all 0 where nothing sounds. */
export function windowEvidence(windows: Float64Array): KindEvidence {
  const scores = windows.map((value) => INDEPENDENCE * Math.log(Math.max(LEAST_PROBABILITY, value)));
  return { hopSeconds: WINDOW_HOP_SECONDS, scores, chances: windows };
}

/**
 * Windows and the model, taken for independent given the kind: the chances are multiplied by those of what the model says, which has one say a second.
 * A path of steps of 0.1 s. Where the model has no frames (none was there), windows alone.
 */
export function combinedEvidence(
  windows: Float64Array,
  speech: SpeechProbability,
  durationSeconds: number,
): KindEvidence {
  if (speech.probability.length === 0) return windowEvidence(windows);
  const count = Math.max(1, Math.ceil(durationSeconds / FINE_HOP_SECONDS));
  const scores = new Float64Array(count * KINDS.length);
  const chances = new Float64Array(count * KINDS.length);
  const last = windows.length / KINDS.length - 1;
  const windowSay = (INDEPENDENCE * FINE_HOP_SECONDS) / WINDOW_HOP_SECONDS;
  const modelSay = FINE_HOP_SECONDS / SAYING_SECONDS;
  for (let step = 0; step < count; step++) {
    const middle = (step + 0.5) * FINE_HOP_SECONDS;
    const window = Math.min(last, Math.floor(middle / WINDOW_HOP_SECONDS)) * KINDS.length;
    const heard = meanAround(speech, middle);
    let sum = 0;
    for (let kind = 0; kind < KINDS.length; kind++) {
      const chance = Math.max(LEAST_PROBABILITY, windows[window + kind]);
      const hears = KINDS[kind] === "speech" ? HEARD.inSpeech : HEARD.elsewhere;
      const likelihood = hears * heard + (1 - hears) * (1 - heard);
      const at = step * KINDS.length + kind;
      scores[at] = windowSay * Math.log(chance) + modelSay * Math.log(likelihood);
      chances[at] = windows[window + kind] * likelihood;
      sum += chances[at];
    }
    for (let kind = 0; kind < KINDS.length && sum > 0; kind++) chances[step * KINDS.length + kind] /= sum;
  }
  return { hopSeconds: FINE_HOP_SECONDS, scores, chances };
}

/** The mean probability within a quarter of a second. */
function meanAround({ probability, hopSeconds }: SpeechProbability, seconds: number): number {
  const from = Math.max(0, Math.round((seconds - MEAN_SECONDS / 2) / hopSeconds));
  const to = Math.min(probability.length, Math.max(from + 1, Math.round((seconds + MEAN_SECONDS / 2) / hopSeconds)));
  let sum = 0;
  for (let frame = from; frame < to; frame++) sum += probability[frame];
  return to > from ? sum / (to - from) : 0;
}
