/** Samples that are numbers. */

/**
 * Whether no sample is NaN or infinite; true for none at all. Zero times a finite number is zero; times NaN or infinity it is NaN, and NaN stays in a sum. Four sums side by side: one
 * would wait for each addition.
 */
export function allFinite(samples: Float32Array): boolean {
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  const whole = samples.length & ~3;
  for (let n = 0; n < whole; n += 4) {
    sum0 += samples[n] * 0;
    sum1 += samples[n + 1] * 0;
    sum2 += samples[n + 2] * 0;
    sum3 += samples[n + 3] * 0;
  }
  for (let n = whole; n < samples.length; n++) sum0 += samples[n] * 0;
  return sum0 + sum1 + sum2 + sum3 === 0;
}
