/** Where a recording moves from one key to another. */
import { KEYS, keyCorrelations } from "../dsp/keys.ts";
import { bestPath } from "../dsp/viterbi.ts";
import { type Chromagram, meanChroma } from "./chromagram.ts";

/** Keys are read every 2 s from 12 s around: shorter, and a chord that lasts is taken for a key. */
const STEP_SECONDS = 2;
const REACH_SECONDS = 6;
/** What a change must gain in correlation, summed over steps. */
const CHANGE_COST = 3;

/** Keys, numbered as in dsp/keys.ts, before and after a time. */
export interface KeyChange {
  readonly timeSeconds: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The changes of key, in order, to about 4 s: the best path through the keys' correlations. A recording of under 4 s,
 * or silence, has none. Key correlations over time and Viterbi smoothing: Noland & Sandler, "Key estimation using a
 * hidden Markov model", ISMIR, 2006, with correlations in place of learnt probabilities.
 */
export function findKeyChanges({ frames, hopSeconds, harmony, audible }: Chromagram): KeyChange[] {
  const steps = Math.floor((frames * hopSeconds) / STEP_SECONDS);
  const scores = new Float64Array(steps * KEYS);
  const reach = Math.round(REACH_SECONDS / hopSeconds);
  for (let step = 0; step < steps; step++) {
    const centre = Math.round(((step + 0.5) * STEP_SECONDS) / hopSeconds);
    const chroma = meanChroma(harmony, audible, Math.max(0, centre - reach), Math.min(frames, centre + reach));
    scores.set(keyCorrelations(chroma), step * KEYS);
  }
  const path = bestPath(scores, KEYS, CHANGE_COST);
  const changes: KeyChange[] = [];
  for (let step = 1; step < steps; step++) {
    const [from, to] = [path[step - 1], path[step]];
    if (from !== to) changes.push({ timeSeconds: step * STEP_SECONDS, from, to });
  }
  return changes;
}
