/** Linear prediction: the filter that tells a sample from those around it, and what is left. */

/** Keeps the recursion stable on pure tones: noise 70 dB below the signal. */
const WHITE_NOISE = 1e-7;
/** Of the autocorrelation; `autocorrelation` spells them out. */
const LAGS_AT_ONCE = 5;

/**
 * Coefficients `[1, a1 … ap]` whose filter leaves the least power of `y`, by the autocorrelation method with a Hann window
 * and the Levinson-Durbin recursion. Silence gives `[1, 0 … 0]`. Makhoul, "Linear Prediction: A Tutorial Review", Proc. IEEE
 * 63(4), 1975.
 */
export function predictionErrorFilter(y: Float64Array, order: number): Float64Array {
  const correlation = autocorrelation(hannWindowed(y), order);
  const filter = new Float64Array(order + 1);
  const before = new Float64Array(order + 1);
  filter[0] = 1;
  let error = correlation[0] * (1 + WHITE_NOISE);
  for (let i = 1; i <= order && error > 0; i++) {
    let sum = correlation[i];
    for (let j = 1; j < i; j++) sum += filter[j] * correlation[i - j];
    const reflection = -sum / error;
    before.set(filter);
    for (let j = 1; j < i; j++) filter[j] += reflection * before[i - j];
    filter[i] = reflection;
    error *= 1 - reflection * reflection;
  }
  return filter;
}

/** What the filter leaves of `y` at samples [from, to): y[n] + a1 y[n - 1] + …, 0 elsewhere; `from` is at least the order. */
export function predictionError(y: Float64Array, filter: Float64Array, from: number, to: number): Float64Array {
  const error = new Float64Array(y.length);
  filterInto(error, y, filter, from, to, -1);
  return error;
}

/**
 * How far each sample of [from, to) lies from what those on both sides tell of it, times the power of the filter: the error
 * filtered backwards; 0 elsewhere. Samples less than an order from the end are too small. Godsill & Rayner, "Digital Audio
 * Restoration", Springer, 1998, section 5.3.
 */
export function matchedError(error: Float64Array, filter: Float64Array, from: number, to: number): Float64Array {
  const matched = new Float64Array(error.length);
  const whole = Math.max(from, Math.min(to, error.length - filter.length + 1));
  filterInto(matched, error, filter, from, whole, 1);
  for (let n = whole; n < to; n++) {
    for (let k = 0; n + k < error.length; k++) matched[n] += filter[k] * error[n + k];
  }
  return matched;
}

/** Σ filter[k] · y[n + step · k] for each n of [from, to). Four sums side by side: one would wait for each addition. */
function filterInto(
  target: Float64Array,
  y: Float64Array,
  filter: Float64Array,
  from: number,
  to: number,
  step: 1 | -1,
): void {
  let n = from;
  for (; n + 4 <= to; n += 4) {
    let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
    for (let k = 0, at = n; k < filter.length; k++, at += step) {
      const weight = filter[k];
      sum0 += weight * y[at];
      sum1 += weight * y[at + 1];
      sum2 += weight * y[at + 2];
      sum3 += weight * y[at + 3];
    }
    target[n] = sum0;
    target[n + 1] = sum1;
    target[n + 2] = sum2;
    target[n + 3] = sum3;
  }
  for (; n < to; n++) {
    for (let k = 0; k < filter.length; k++) target[n] += filter[k] * y[n + step * k];
  }
}

/**
 * The signal with samples [start, end) replaced by those that leave the least error, at least an order from both ends.
 * Janssen, Veldhuis & Vries, "Adaptive Interpolation of Discrete-Time Signals That Can Be Modeled as Autoregressive
 * Processes", IEEE Trans. ASSP 34(2), 1986.
 */
export function interpolated(y: Float64Array, filter: Float64Array, start: number, end: number): Float64Array {
  const length = end - start;
  const order = filter.length - 1;
  const result = y.slice().fill(0, start, end);
  const known = predictionError(result, filter, start, end + order);
  const correlation = autocorrelation(filter, order);
  const matrix = Array.from({ length }, (_, i) =>
    Float64Array.from({ length }, (_, j) => correlation[Math.abs(i - j)] ?? 0),
  );
  const right = Float64Array.from({ length }, (_, i) => {
    let sum = 0;
    for (let k = 0; k <= order; k++) sum -= filter[k] * known[start + i + k];
    return sum;
  });
  result.set(solved(matrix, right), start);
  return result;
}

/** Gaussian elimination, in place; the matrix is symmetric and positive definite, so it needs no pivoting. */
function solved(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const size = right.length;
  for (let i = 0; i < size; i++) {
    for (let row = i + 1; row < size; row++) {
      const factor = matrix[row][i] / matrix[i][i];
      for (let column = i; column < size; column++) matrix[row][column] -= factor * matrix[i][column];
      right[row] -= factor * right[i];
    }
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let column = i + 1; column < size; column++) right[i] -= matrix[i][column] * right[column];
    right[i] /= matrix[i][i];
  }
  return right;
}

/** Lags 0 to `lags`, a few at a time: each sample is then loaded once for all of them. */
function autocorrelation(y: Float64Array, lags: number): Float64Array {
  const result = new Float64Array(Math.ceil((lags + 1) / LAGS_AT_ONCE) * LAGS_AT_ONCE);
  // Zeros before the start stand for what no product has.
  const padded = new Float64Array(result.length + y.length);
  padded.set(y, result.length);
  for (let lag = 0; lag < result.length; lag += LAGS_AT_ONCE) {
    let [sum0, sum1, sum2, sum3, sum4] = [0, 0, 0, 0, 0];
    for (let n = result.length; n < padded.length; n++) {
      const value = padded[n];
      const other = n - lag;
      sum0 += value * padded[other];
      sum1 += value * padded[other - 1];
      sum2 += value * padded[other - 2];
      sum3 += value * padded[other - 3];
      sum4 += value * padded[other - 4];
    }
    result.set([sum0, sum1, sum2, sum3, sum4], lag);
  }
  return result.subarray(0, lags + 1);
}

/** The cosine by its recurrence: thousands of calls would take as long as all the rest. */
function hannWindowed(y: Float64Array): Float64Array {
  const angle = (2 * Math.PI) / y.length;
  const factor = 2 * Math.cos(angle);
  let [cosine, before] = [Math.cos(angle / 2), Math.cos(angle / 2)];
  const windowed = new Float64Array(y.length);
  for (let n = 0; n < y.length; n++) {
    windowed[n] = y[n] * (0.5 - 0.5 * cosine);
    [cosine, before] = [factor * cosine - before, cosine];
  }
  return windowed;
}
