/** The median over a window that slides along a sequence. */

/**
 * target[i] is the median of the `width` (odd) values around value i; at the ends the sequence is mirrored, the last value
 * repeated. Value i stands at `offset + i · stride` of `values` and of `target`, so rows and columns of a matrix are alike. The
 * window is kept sorted: width steps a value. For sequences of at least `width` values.
 */
export function runningMedian(
  values: Float32Array,
  target: Float32Array,
  { offset, stride, count }: { readonly offset: number; readonly stride: number; readonly count: number },
  width: number,
): void {
  const half = width >> 1;
  const padded = new Float32Array(count + 2 * half);
  for (let n = 0; n < count; n++) padded[half + n] = values[offset + n * stride];
  for (let n = 0; n < half; n++) {
    padded[half - 1 - n] = padded[half + Math.min(n, count - 1)];
    padded[half + count + n] = padded[half + Math.max(0, count - 1 - n)];
  }
  const sorted = padded.slice(0, width).sort();
  target[offset] = sorted[half];
  for (let n = 1; n < count; n++) {
    replace(sorted, padded[n - 1], padded[n - 1 + width]);
    target[offset + n * stride] = sorted[half];
  }
}

/** Takes one value out of a sorted array and puts another in. */
function replace(sorted: Float32Array, leaving: number, entering: number): void {
  if (leaving === entering) return;
  let at = 0;
  while (sorted[at] !== leaving) at++;
  if (entering > leaving) {
    while (at + 1 < sorted.length && sorted[at + 1] < entering) {
      sorted[at] = sorted[at + 1];
      at++;
    }
  } else {
    while (at > 0 && sorted[at - 1] > entering) {
      sorted[at] = sorted[at - 1];
      at--;
    }
  }
  sorted[at] = entering;
}
