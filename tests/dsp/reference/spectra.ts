/** Spectra and what is made of them in double precision, by their definitions: what the kernel is compared with. */
import type { Filter } from "../../../src/dsp/filter-bank.ts";
import { createRealFft } from "../../../src/dsp/real-fft.ts";
import { hannWindow } from "../../../src/dsp/windows.ts";

/** |X|² as rows `[frame][bin]`: centred frames under a Hann window, zeros around the signal. */
export function referencePowerSpectrogram(y: ArrayLike<number>, nFft: number, hopLength: number): Float64Array[] {
  const fft = createRealFft(nFft);
  const window = hannWindow(nFft);
  const imaginary = new Float64Array(fft.bins);
  const frames = y.length === 0 ? 0 : 1 + Math.floor(y.length / hopLength);
  return Array.from({ length: frames }, (_, frame) => {
    const start = frame * hopLength - nFft / 2;
    const windowed = window.map((weight, n) => weight * (y[start + n] ?? 0));
    const real = new Float64Array(fft.bins);
    fft.forward(windowed, real, imaginary);
    return real.map((value, k) => value * value + imaginary[k] * imaginary[k]);
  });
}

/** The weighted sums of one row. */
export function referenceBands(row: ArrayLike<number>, filters: readonly Filter[]): Float64Array {
  return Float64Array.from(filters, ({ first, weights }) =>
    Array.from(weights).reduce((sum, weight, n) => sum + weight * row[first + n], 0),
  );
}

/** The shape of one row, frequencies in bins; librosa's definitions. */
export function referenceShape(power: ArrayLike<number>) {
  const magnitude = Array.from(power, Math.sqrt);
  const total = sum(magnitude);
  const centroid = total === 0 ? 0 : sum(magnitude.map((value, bin) => bin * value)) / total;
  const spread = sum(magnitude.map((value, bin) => (bin - centroid) ** 2 * value));
  let upTo = 0;
  const rolloff = magnitude.findIndex((value) => {
    upTo += value;
    return upTo >= 0.85 * total;
  });
  const floored = Array.from(power, (value) => Math.max(value, 1e-10));
  const meanLog = sum(floored.map(Math.log)) / floored.length;
  return {
    centroid,
    bandwidth: total === 0 ? 0 : Math.sqrt(spread / total),
    rolloff,
    meanLog,
    mean: sum(floored) / floored.length,
    sum: sum(Array.from(power)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
