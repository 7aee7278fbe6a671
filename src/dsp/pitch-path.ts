/** The likeliest course of the pitch through the candidates of each frame. */

/** What the path weighs. */
export interface PitchPathCosts {
  /** Cost of an octave between neighbouring frames, in proportion for less. */
  readonly octave: number;
  /** Cost of starting or ending a voiced stretch. */
  readonly voicing: number;
  /** Log-probability that unvoiced frames get beyond their own: below 0 favours voiced frames. */
  readonly unvoiced: number;
}

/** Probabilities below count as this. */
const LEAST = 1e-9;

/**
 * The candidate chosen for each frame, or -1 for none: the path with the greatest sum of log-probabilities less the
 * costs of moving. `hz` and `probability` are `[frame][candidate]` flat with `width` a frame, 0 where there are fewer;
 * frames with `allowed` 0 are unvoiced. Boersma, "Accurate short-term analysis of the fundamental frequency", IFA
 * Proceedings 17, 1993, section 3, on the probabilities of pYIN.
 */
export function pitchPath(
  hz: Float32Array,
  probability: Float32Array,
  width: number,
  allowed: Uint8Array,
  costs: PitchPathCosts,
): Int32Array {
  const frames = allowed.length;
  const states = width + 1;
  const cameFrom = new Int8Array(frames * states);
  const octaves = Float64Array.from(hz, (value) => (value > 0 ? Math.log2(value) : 0));
  let total = new Float64Array(states);
  let next = new Float64Array(states);
  for (let t = 0; t < frames; t++) {
    let voiced = 0;
    for (let rank = 0; rank < width; rank++) voiced += probability[t * width + rank];
    for (let state = 0; state < states; state++) {
      const score = stateScore(t, state, voiced);
      let best = Number.NEGATIVE_INFINITY;
      for (let before = 0; before < states; before++) {
        const reached = t === 0 ? 0 : total[before] - moveCost(t, before, state);
        if (reached <= best) continue;
        best = reached;
        cameFrom[t * states + state] = before;
      }
      next[state] = best + score;
    }
    [total, next] = [next, total];
  }
  return followBack(total, cameFrom, width, frames);

  function stateScore(t: number, state: number, voiced: number): number {
    if (state === width) return Math.log(Math.max(LEAST, 1 - voiced)) + costs.unvoiced;
    const isCandidate = allowed[t] === 1 && hz[t * width + state] > 0;
    return isCandidate ? Math.log(Math.max(LEAST, probability[t * width + state])) : Number.NEGATIVE_INFINITY;
  }

  function moveCost(t: number, before: number, state: number): number {
    if (before === width || state === width) return before === state ? 0 : costs.voicing;
    return costs.octave * Math.abs(octaves[t * width + state] - octaves[(t - 1) * width + before]);
  }
}

function followBack(total: Float64Array, cameFrom: Int8Array, width: number, frames: number): Int32Array {
  const states = width + 1;
  const path = new Int32Array(frames);
  let state = width;
  for (let candidate = 0; candidate < states; candidate++) if (total[candidate] > total[state]) state = candidate;
  for (let t = frames - 1; t >= 0; t--) {
    path[t] = state === width ? -1 : state;
    state = cameFrom[t * states + state];
  }
  return path;
}
