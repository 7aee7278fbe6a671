/** Halving of the sample rate. */
import { openKernel } from "./kernel/kernel.ts";
import { kaiserBeta, kaiserWindow } from "./windows.ts";

/** A running decimator by two: every sample in order, half as many out. */
export interface Halver {
  /** Takes the first `length` samples and writes the output that is complete into `output`; returns how many. */
  push(samples: Float32Array, length: number, output: Float32Array): number;
}

/** Taps to each side: with a Kaiser window for 50 dB the stop band begins at 0.29 of the input rate. */
const REACH = 19;
const STOP_BAND_DB = 50;
/** Samples that an output is made of. */
const SPAN = 2 * REACH + 1;
const CAPACITY = 4096;

/** Output comes this many input samples late: output m stands at input sample 2m - HALVER_DELAY. */
export const HALVER_DELAY = REACH;

/**
 * Makes a decimator by two with a half-band filter: pass band to 0.21 of the input rate within 0.03 dB, below -50 dB
 * from 0.29, so that aliases stay above 0.21. The signal is zero before its start. Single precision. Every other tap but the middle is
 * zero: Bellanger, Daguet & Lepagnol, "Interpolation, extrapolation, and reduction of computation speed in digital
 * filters", IEEE Trans. ASSP 22(4), 1974.
 */
export function openHalver(): Halver {
  const kernel = openKernel();
  const { functions } = kernel;
  const coefficients = kernel.floats(REACH + 1);
  coefficients.set(oddTaps());
  // Interleaved, from the first sample that the next output reaches; then its even and odd samples apart.
  const pending = kernel.floats(CAPACITY + SPAN);
  const streamLength = pending.length / 2 + CAPACITY;
  const streams = kernel.floats(2 * streamLength);
  const result = kernel.floats(CAPACITY);
  let held = SPAN - 1;

  /** Writes all outputs that are complete to `result`; returns how many. */
  function drain(): number {
    const count = Math.max(0, Math.floor((held - SPAN) / 2) + 1);
    if (count === 0) return 0;
    const [even, odd] = [streams.byteOffset, streams.byteOffset + 4 * streamLength];
    functions.deinterleave(pending.byteOffset, even, 4 * streamLength, 2, Math.ceil(held / 2));
    // The first output's middle is sample REACH, an odd one; taps lie on the even samples around it.
    functions.mix(odd + 2 * (REACH - 1), result.byteOffset, count, 0.5, Number.POSITIVE_INFINITY, 0);
    functions.fir(even, coefficients.byteOffset, coefficients.length, result.byteOffset, count);
    pending.copyWithin(0, 2 * count, held);
    held -= 2 * count;
    return count;
  }

  return {
    push(samples, length, output) {
      let written = 0;
      for (let start = 0; start < length; ) {
        const part = Math.min(length - start, CAPACITY);
        pending.set(samples.subarray(start, start + part), held);
        held += part;
        start += part;
        const count = drain();
        output.set(result.subarray(0, count), written);
        written += count;
      }
      return written;
    },
  };
}

/** The taps at odd distances from the middle, in order; with half the middle they sum to 1. */
function oddTaps(): number[] {
  const taps = Array.from({ length: REACH + 1 }, (_, index) => {
    const distance = 2 * index - REACH;
    const ideal = Math.sin((Math.PI * distance) / 2) / (Math.PI * distance);
    return ideal * kaiserWindow(distance / (REACH + 1), kaiserBeta(STOP_BAND_DB));
  });
  const gain = 0.5 / taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => gain * tap);
}
