/** Frames that are loud enough to count, and the columns of what was measured in them. */

/** Indices of the frames whose level, dB, is above a bound. */
export function framesAbove(levelsDb: Float32Array, boundDb: number): Uint32Array {
  const frames = new Uint32Array(levelsDb.length);
  let count = 0;
  for (let frame = 0; frame < levelsDb.length; frame++) if (levelsDb[frame] > boundDb) frames[count++] = frame;
  return frames.subarray(0, count);
}

/** Column `column` of `values`, `[frame][column]` flat with `columns` a frame, at the chosen frames. */
export function columnOf(values: Float32Array, columns: number, column: number, frames: Uint32Array): Float64Array {
  const chosen = new Float64Array(frames.length);
  // A loop, as `Float64Array.from` takes ten times as long.
  for (let index = 0; index < frames.length; index++) chosen[index] = values[frames[index] * columns + column];
  return chosen;
}
