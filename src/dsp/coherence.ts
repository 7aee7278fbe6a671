/** How far two channels are the same signal, and how far apart in time. */
import { createRealFft } from "./real-fft.ts";

/** Bins more than this below the strongest say nothing about a recording. */
const RANGE_DB = 60;

/** Sums over frames, `[bin]`, of the powers of two signals and of the first times the conjugate of the second. */
export interface CrossSpectrum {
  readonly leftPower: Float64Array;
  readonly rightPower: Float64Array;
  readonly crossReal: Float64Array;
  readonly crossImaginary: Float64Array;
}

/**
 * The mean squared coherence over the bins within 60 dB of the strongest, 0 to 1: 1 where one channel is the other through a
 * filter or a delay that is short against the frames. Meaningful only over many frames; of one frame it is always 1. NaN for
 * silence. Carter, "Coherence and time delay estimation", Proc. IEEE 75(2), 1987.
 */
export function meanCoherence({ leftPower, rightPower, crossReal, crossImaginary }: CrossSpectrum): number {
  const products = leftPower.map((power, bin) => power * rightPower[bin]);
  const floor = products.reduce((greatest, value) => Math.max(greatest, value), 0) * 10 ** (-RANGE_DB / 5);
  let [sum, count] = [0, 0];
  for (let bin = 0; bin < products.length; bin++) {
    if (products[bin] <= floor) continue;
    sum += (crossReal[bin] ** 2 + crossImaginary[bin] ** 2) / products[bin];
    count++;
  }
  return sum / count;
}

/**
 * By how many samples the second signal lags behind the first (negative: leads): the peak of the generalised cross-correlation
 * with phase transform, within half a frame. Knapp & Carter, "The generalized correlation method for estimation of time delay",
 * IEEE Trans. ASSP 24(4), 1976. 0 for silence.
 */
export function lagSamples({ crossReal, crossImaginary }: CrossSpectrum): number {
  const half = crossReal.length - 1;
  const fft = createRealFft(2 * half);
  const strongest = crossReal.reduce((most, re, bin) => Math.max(most, Math.hypot(re, crossImaginary[bin])), 0);
  const floor = strongest * 10 ** (-RANGE_DB / 10);
  // The inverse transform of a Hermitian spectrum by a forward one: of its real part plus its imaginary part.
  const folded = new Float64Array(2 * half);
  for (let bin = 1; bin < half; bin++) {
    const magnitude = Math.hypot(crossReal[bin], crossImaginary[bin]);
    if (magnitude <= floor) continue;
    folded[bin] = (crossReal[bin] + crossImaginary[bin]) / magnitude;
    folded[2 * half - bin] = (crossReal[bin] - crossImaginary[bin]) / magnitude;
  }
  const real = new Float64Array(half + 1);
  const imaginary = new Float64Array(half + 1);
  fft.forward(folded, real, imaginary);
  let best = { lag: 0, height: 0 };
  for (let n = 0; n < half; n++) {
    // Index n is the first signal lagging by n, its mirror the second.
    const [leftLags, rightLags] = [Math.abs(real[n] + imaginary[n]), Math.abs(real[n] - imaginary[n])];
    if (leftLags > best.height) best = { lag: -n, height: leftLags };
    if (rightLags > best.height) best = { lag: n, height: rightLags };
  }
  return best.lag + 0;
}
