/** Beats from an onset strength envelope and a tempo, by dynamic programming. */

/**
 * The frames of the beats that best agree with the envelope and with a constant period (in frames, may be fractional),
 * ascending; empty for an envelope that is all zero. `tightness` weighs the deviation of an interval, as the squared
 * logarithm of its ratio to the period, against onset strength in standard deviations (100 in the paper).
 * Ellis, "Beat tracking by dynamic programming", Journal of New Music Research 36(1), 2007.
 */
export function trackBeats(strength: ArrayLike<number>, period: number, tightness: number): number[] {
  const local = localScore(strength, period);
  if (local === null) return [];
  const frames = strength.length;
  const shortest = Math.max(1, Math.round(period / 2));
  const longest = Math.max(shortest, Math.round(2 * period));
  const costs = new Float64Array(longest + 1);
  for (let step = shortest; step <= longest; step++) {
    const ratio = Math.log(step / period);
    costs[step] = tightness * ratio * ratio;
  }
  const scores = new Float64Array(frames);
  const previous = new Int32Array(frames).fill(-1);
  for (let t = 0; t < frames; t++) {
    let best = 0;
    for (let step = shortest; step <= longest && step <= t; step++) {
      const score = scores[t - step] - costs[step];
      if (score > best) {
        best = score;
        previous[t] = t - step;
      }
    }
    scores[t] = local[t] + best;
  }
  return trimmed(followBack(scores, previous, period), local);
}

/** The envelope in standard deviations, smoothed over a thirty-second of the period; null where nothing stands out. */
function localScore(strength: ArrayLike<number>, period: number): Float64Array | null {
  const frames = strength.length;
  let sumOfSquares = 0;
  let sum = 0;
  for (let t = 0; t < frames; t++) {
    sum += strength[t];
    sumOfSquares += strength[t] * strength[t];
  }
  const variance = sumOfSquares / frames - (sum / frames) ** 2;
  if (!(variance > 0)) return null;
  const scale = 1 / Math.sqrt(variance);
  const width = period / 32;
  const reach = Math.ceil(3 * width);
  const score = new Float64Array(frames);
  for (let t = 0; t < frames; t++) {
    for (let offset = -reach; offset <= reach; offset++) {
      const source = t + offset;
      if (source < 0 || source >= frames) continue;
      score[t] += Math.exp(-0.5 * (offset / width) ** 2) * strength[source] * scale;
    }
  }
  return score;
}

/** From the best end within the last period back to the start. */
function followBack(scores: Float64Array, previous: Int32Array, period: number): number[] {
  let last = scores.length - 1;
  for (let t = Math.max(0, Math.floor(scores.length - period)); t < scores.length; t++) {
    if (scores[t] > scores[last]) last = t;
  }
  const beats: number[] = [];
  for (let t = last; t >= 0; t = previous[t]) beats.push(t);
  return beats.reverse();
}

/** Without the beats before the music starts and after it ends: those weaker than half the root mean square of all. */
function trimmed(beats: readonly number[], local: Float64Array): number[] {
  const sumOfSquares = beats.reduce((sum, beat) => sum + local[beat] * local[beat], 0);
  const threshold = 0.5 * Math.sqrt(sumOfSquares / Math.max(1, beats.length));
  const first = beats.findIndex((beat) => local[beat] > threshold);
  const last = beats.findLastIndex((beat) => local[beat] > threshold);
  return first < 0 ? [] : beats.slice(first, last + 1);
}
