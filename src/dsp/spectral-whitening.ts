/** Whitening: taking the background and the overall shape out of a spectrum. */

/**
 * Writes what of each value lies above the mean of its neighbourhood, divided by the root of the neighbourhood's
 * standard deviation, into `result`; 0 for what lies below. The neighbourhood reaches `reach` values to each side and
 * is cut at the ends. The root evens out loud and soft registers by half (in dB); without it bright or bassy mixes hide
 * the other register, with the full deviation noise counts as much as notes. A constant spectrum gives zeros. Klapuri,
 * "Multiple fundamental frequency estimation by summing harmonic amplitudes", ISMIR, 2006, section 2.1; Mauch & Dixon,
 * ISMIR, 2010, section 2.1.
 */
export function whiten(spectrum: Float64Array, reach: number, result: Float64Array): void {
  const size = spectrum.length;
  let sum = 0;
  let squares = 0;
  let start = 0;
  let stop = 0;
  for (let index = 0; index < size; index++) {
    for (; stop < Math.min(size, index + reach + 1); stop++) {
      sum += spectrum[stop];
      squares += spectrum[stop] * spectrum[stop];
    }
    for (; start < index - reach; start++) {
      sum -= spectrum[start];
      squares -= spectrum[start] * spectrum[start];
    }
    const mean = sum / (stop - start);
    const variance = squares / (stop - start) - mean * mean;
    // Differences of running sums are exact to rounding only: a variance below that is none.
    const deviation = variance > 1e-12 * mean * mean ? Math.sqrt(variance) : 0;
    const excess = spectrum[index] - mean;
    result[index] = excess > 0 && deviation > 0 ? excess / Math.sqrt(deviation) : 0;
  }
}
