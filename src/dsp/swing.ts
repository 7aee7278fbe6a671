/** Swing: how unequal the two eighth notes of a beat are. */
import { median } from "./statistics.ts";

/** Where in a beat the second eighth note may stand: a little before the middle (straight) to three quarters (dotted). */
const OFF_BEAT = { from: 0.42, to: 0.78 };
/** Onsets this close to a beat, as a share of it, belong to the beat. */
const ON_BEAT = 0.12;
/** Fewer beats that are parted in two say nothing about the piece. */
const MIN_BEATS = 8;
const MIN_SHARE = 0.15;
/** Half of all off-beat onsets lie within this of their median where there is a swing ratio at all. */
const MAX_SPREAD = 0.06;

/**
 * The length of the first eighth note of a beat over that of the second: 1 for straight eighths, 2 for triplet swing, 3 for
 * dotted rhythm; the median over the beats with exactly one onset between them. Null where fewer than eight beats, or 15 %
 * of them, are parted in two, or where they are parted in different ways. Times in seconds, ascending.
 * Friberg & Sundström, "Swing ratios and ensemble timing in jazz performance", Music Perception 19(3), 2002.
 */
export function swingRatio(beats: readonly number[], onsets: readonly number[]): number | null {
  const phases = offBeatPhases(beats, onsets);
  if (phases.length < MIN_BEATS || phases.length < MIN_SHARE * (beats.length - 1)) return null;
  const middle = median(phases);
  if (median(phases.map((phase) => Math.abs(phase - middle))) > MAX_SPREAD) return null;
  return middle / (1 - middle);
}

/** Of each beat with one onset inside, where that is: a share of the beat. */
function offBeatPhases(beats: readonly number[], onsets: readonly number[]): number[] {
  const phases: number[] = [];
  let next = 0;
  for (let beat = 0; beat + 1 < beats.length; beat++) {
    const length = beats[beat + 1] - beats[beat];
    const inside: number[] = [];
    while (next < onsets.length && onsets[next] < beats[beat] + ON_BEAT * length) next++;
    for (let n = next; n < onsets.length && onsets[n] < beats[beat + 1] - ON_BEAT * length; n++) {
      inside.push((onsets[n] - beats[beat]) / length);
    }
    if (inside.length === 1 && inside[0] >= OFF_BEAT.from && inside[0] <= OFF_BEAT.to) phases.push(inside[0]);
  }
  return phases;
}
