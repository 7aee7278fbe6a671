/** Band-limited conversion of a stream of samples from one rate to another. */
import { kaiserBeta, kaiserWindow } from "./windows.ts";

/** How far everything beyond the stop band is pushed down, dB. */
const ATTENUATION_DB = 100;
/** Half the width of the transition, as a share of the lower Nyquist frequency, around which it lies. */
const HALF_TRANSITION = 0.093;
/** Filters kept ready for exact positions between input samples. Rates that need more interpolate between this many. */
const MAX_PHASES = 512;
const BLOCK = 4096;

/** A running conversion. */
export interface Resampler {
  /** `y` holds new input; `emit` gets output that is valid only during the call: its first `length` samples count. */
  push(y: Float64Array, length: number, emit: (y: Float64Array, length: number) => void): void;
  /** The input has ended: emits the rest, as if zeros followed. */
  end(emit: (y: Float64Array, length: number) => void): void;
}

/**
 * Opens a conversion from one whole rate to another, in Hz. Linear phase, and the delay is taken out: output sample m is the
 * signal at the time m / outputRate, and there are ceil(n outputRate / inputRate) of them for n input samples. The pass band
 * (flat within 0.001 dB) ends at 0.907 and the stop band (below -100 dB) begins at 1.093 of the lower Nyquist frequency: from
 * 44.1 to 22.05 kHz, 10 kHz passes, and what folds back from 11.025 to 12.05 kHz lands above 10 kHz. A constant keeps its
 * value. Every output sample is computed in the same way, however the input is cut. Equal rates copy.
 * Polyphase windowed sinc: Crochiere & Rabiner, "Multirate Digital Signal Processing", Prentice-Hall, 1983, chapter 4.
 */
export function openResampler(inputRate: number, outputRate: number): Resampler {
  if (inputRate === outputRate) return { push: (y, length, emit) => emit(y, length), end() {} };
  const divisor = greatestCommonDivisor(inputRate, outputRate);
  const up = outputRate / divisor;
  const down = inputRate / divisor;
  const { taps, filters, phases } = designFilters(up, down);
  const halfTaps = taps / 2;
  const history = new Float64Array(taps + BLOCK);
  const output = new Float64Array(Math.ceil((history.length * up) / down) + 1);
  const blended = new Float64Array(taps);
  // history[0] is input sample `first`; the zeros before time 0 are already there.
  let first = 1 - halfTaps;
  let filled = halfTaps - 1;
  let inputCount = 0;
  // The next output lies `phase / up` of an input sample after the input sample `position`.
  let position = 0;
  let phase = 0;

  function filterAt(phaseNow: number): { coefficients: Float64Array; offset: number } {
    if (phases === up) return { coefficients: filters, offset: phaseNow * taps };
    const exact = (phaseNow / up) * phases;
    const below = Math.floor(exact);
    const share = exact - below;
    for (let tap = 0; tap < taps; tap++) {
      const left = filters[below * taps + tap];
      blended[tap] = left + share * (filters[(below + 1) * taps + tap] - left);
    }
    return { coefficients: blended, offset: 0 };
  }

  function consume(y: Float64Array, length: number, emit: (y: Float64Array, length: number) => void): void {
    let start = 0;
    while (start < length) {
      const count = Math.min(length - start, history.length - filled);
      history.set(y.subarray(start, start + count), filled);
      filled += count;
      start += count;
      drain(emit);
    }
  }

  function drain(emit: (y: Float64Array, length: number) => void): void {
    let produced = 0;
    while (position + halfTaps < first + filled) {
      const { coefficients, offset } = filterAt(phase);
      output[produced++] = dot(history, position - halfTaps + 1 - first, coefficients, offset, taps);
      phase += down;
      position += Math.floor(phase / up);
      phase %= up;
    }
    const drop = Math.min(filled, position - halfTaps + 1 - first);
    if (drop > 0) {
      history.copyWithin(0, drop, filled);
      first += drop;
      filled -= drop;
    }
    if (produced > 0) emit(output, produced);
  }

  return {
    push(y, length, emit) {
      inputCount += length;
      consume(y, length, emit);
    },
    end(emit) {
      let left = Math.ceil((inputCount * up) / down) - outputsBefore();
      const zeros = new Float64Array(BLOCK);
      while (left > 0) {
        consume(zeros, BLOCK, (y, length) => {
          if (left > 0) emit(y, Math.min(length, left));
          left -= length;
        });
      }
    },
  };

  function outputsBefore(): number {
    return Math.round((position * up + phase) / down);
  }
}

/** `filters` is `[phase][tap]`, one phase more than `phases`, so that interpolation has a right neighbour. */
function designFilters(up: number, down: number): { taps: number; phases: number; filters: Float64Array } {
  const cutoff = Math.min(1, up / down);
  const transition = HALF_TRANSITION * cutoff;
  // Kaiser's estimate of the length, for a transition given as a share of the input's sampling rate.
  const halfTaps = Math.ceil((ATTENUATION_DB - 7.95) / (14.36 * transition) / 2);
  const taps = 2 * halfTaps;
  const phases = Math.min(up, MAX_PHASES);
  const beta = kaiserBeta(ATTENUATION_DB);
  const filters = new Float64Array((phases + 1) * taps);
  for (let phase = 0; phase <= phases; phase++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - halfTaps + 1 - phase / phases;
      const value = sinc(cutoff * distance) * kaiserWindow(distance / halfTaps, beta);
      filters[phase * taps + tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < taps; tap++) filters[phase * taps + tap] /= sum;
  }
  return { taps, phases, filters };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Four sums side by side: one sum would wait for each addition. `length` is even. */
function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, length: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let n = 0;
  for (; n + 3 < length; n += 4) {
    sum0 += a[aStart + n] * b[bStart + n];
    sum1 += a[aStart + n + 1] * b[bStart + n + 1];
    sum2 += a[aStart + n + 2] * b[bStart + n + 2];
    sum3 += a[aStart + n + 3] * b[bStart + n + 3];
  }
  for (; n < length; n++) sum0 += a[aStart + n] * b[bStart + n];
  return sum0 + sum1 + (sum2 + sum3);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
