/** The best path through states over time. */

/**
 * The state at each frame of the path with the greatest sum of scores, where every change of state costs `changeCost`.
 * `scores` is `[frame][state]` flat with `states` values a frame. Staying wins ties. No frames give no path. Viterbi,
 * "Error bounds for convolutional codes", IEEE Trans. Information Theory 13(2), 1967, with one cost for all changes, so
 * a frame takes time proportional to the number of states.
 */
export function bestPath(scores: Float64Array, states: number, changeCost: number): Int32Array {
  const frames = scores.length / states;
  const cameFrom = new Int32Array(scores.length);
  const total = new Float64Array(states);
  for (let t = 0; t < frames; t++) {
    const best = indexOfGreatest(total);
    const changed = total[best] - changeCost;
    for (let state = 0; state < states; state++) {
      const stays = t === 0 || total[state] >= changed;
      cameFrom[t * states + state] = stays ? state : best;
      total[state] = (stays ? total[state] : changed) + scores[t * states + state];
    }
  }
  const path = new Int32Array(frames);
  let state = indexOfGreatest(total);
  for (let t = frames - 1; t >= 0; t--) {
    path[t] = state;
    state = cameFrom[t * states + state];
  }
  return path;
}

/** The index of the greatest value, the first of equal ones; 0 for no values. */
export function indexOfGreatest(values: ArrayLike<number>): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index] > values[best]) best = index;
  return best;
}
