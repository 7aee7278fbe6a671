/** The resampler's definition in double precision, sample by sample: what the kernel is compared with. */
import { kaiserBeta, kaiserWindow } from "../../../src/dsp/windows.ts";

const ATTENUATION_DB = 100;
const HALF_TRANSITION = 0.093;

/** Output sample m is the input at m / outputRate seconds, through a windowed sinc of unit sum; zeros stand around the input. */
export function referenceResample(y: ArrayLike<number>, inputRate: number, outputRate: number): Float64Array {
  if (inputRate === outputRate) return Float64Array.from(y);
  const cutoff = Math.min(1, outputRate / inputRate);
  const halfTaps = Math.ceil((ATTENUATION_DB - 7.95) / (14.36 * HALF_TRANSITION * cutoff) / 2);
  const filters = new Map<number, Float64Array>();
  return Float64Array.from({ length: Math.ceil((y.length * outputRate) / inputRate) }, (_, m) => {
    const below = Math.floor((m * inputRate) / outputRate);
    const phase = (m * inputRate) % outputRate;
    const filter = filters.get(phase) ?? windowedSinc(cutoff, halfTaps, phase / outputRate);
    filters.set(phase, filter);
    return filter.reduce((sum, weight, tap) => sum + weight * (y[below - halfTaps + 1 + tap] ?? 0), 0);
  });
}

function windowedSinc(cutoff: number, halfTaps: number, share: number): Float64Array {
  const taps = Float64Array.from({ length: 2 * halfTaps }, (_, tap) => {
    const distance = tap - halfTaps + 1 - share;
    const angle = Math.PI * cutoff * distance;
    return (angle === 0 ? 1 : Math.sin(angle) / angle) * kaiserWindow(distance / halfTaps, kaiserBeta(ATTENUATION_DB));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}
