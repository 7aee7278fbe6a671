/** The filters of the resampler, and their inner loops in the kernel. */
import type { Kernel } from "./kernel/kernel.ts";
import { kaiserBeta, kaiserWindow } from "./windows.ts";

/** How far everything beyond the stop band is pushed down, dB. */
const ATTENUATION_DB = 100;
/** Half the width of the transition, as a share of the lower Nyquist frequency, around which it lies. */
const HALF_TRANSITION = 0.093;
/** Filters kept ready for exact positions between input samples. Rates that need more interpolate between this many. */
const MAX_PHASES = 512;
/** Taps below this are zeros that rounding has spoilt. */
const ZERO_TAP = 1e-12;

/** A filter with its input and output in the kernel's memory. */
export interface ResamplingFilter {
  /** Input samples on each side that an output is made of: the one before it, and `halfTaps - 1` more, and as many after. */
  readonly halfTaps: number;
  /** Takes input; room for `2 halfTaps` samples and those of one block. */
  readonly history: Float32Array;
  readonly output: Float32Array;
  /**
   * Computes the first `count` samples of `output`. The first lies `phase / up` after sample `start + halfTaps - 1` of the
   * history, each next one `down / up` on.
   */
  run(start: number, phase: number, count: number): void;
}

/** Designs the filter for a ratio of `up / down` in lowest terms and blocks of `blockLength` input samples. */
export function openResamplingFilter(kernel: Kernel, up: number, down: number, blockLength: number): ResamplingFilter {
  const halfTaps = halfTapsOf(Math.min(1, up / down));
  const length = 2 * halfTaps + blockLength;
  // Dealing out to streams reads past the last sample, up to twice the number of streams.
  const history = kernel.floats(length + (up === 1 ? 2 * down : 0)).subarray(0, length);
  const output = kernel.floats(Math.ceil((length * up) / down) + 1);
  const open = up === 1 ? openDecimator : openPolyphase;
  return { halfTaps, history, output, run: open({ kernel, up, down, halfTaps, history, output }) };
}

interface Design {
  readonly kernel: Kernel;
  readonly up: number;
  readonly down: number;
  readonly halfTaps: number;
  readonly history: Float32Array;
  readonly output: Float32Array;
}

/**
 * By a whole factor: there is one filter, and outputs side by side read input side by side once it is dealt out to `down`
 * streams. Taps that are zero are left out: half of them at a factor of two.
 */
function openDecimator({ kernel, down, halfTaps, history, output }: Design): ResamplingFilter["run"] {
  const taps = designFilter(1 / down, halfTaps, 0);
  const tapsPerStream = Math.ceil(taps.length / down);
  const stride = Math.ceil(history.length / down) + tapsPerStream + 32;
  const streams = kernel.floats(stride * down);
  const parts = Array.from({ length: down }, (_, stream) => {
    const weights = taps.filter((_tap, index) => index % down === stream);
    const lead = weights.findIndex((weight) => Math.abs(weight) > ZERO_TAP);
    const used = weights.slice(lead, weights.findLastIndex((weight) => Math.abs(weight) > ZERO_TAP) + 1);
    const coefficients = kernel.floats(used.length);
    coefficients.set(used);
    return { source: streams.byteOffset + 4 * (stream * stride + lead), coefficients };
  });
  const { deinterleave, fir } = kernel.functions;
  return (start, _phase, count) => {
    deinterleave(history.byteOffset + 4 * start, streams.byteOffset, 4 * stride, down, count + tapsPerStream);
    output.fill(0, 0, count);
    for (const { source, coefficients } of parts) {
      fir(source, coefficients.byteOffset, coefficients.length, output.byteOffset, count);
    }
  };
}

/** By any ratio: a filter for each phase, or for `MAX_PHASES` of them and interpolation between. */
function openPolyphase({ kernel, up, down, halfTaps, history, output }: Design): ResamplingFilter["run"] {
  const phases = Math.min(up, MAX_PHASES);
  const taps = 8 * Math.ceil((2 * halfTaps) / 8);
  // One phase more, so that interpolation has a right neighbour.
  const filters = kernel.floats((phases + 1) * taps);
  for (let phase = 0; phase <= phases; phase++) {
    filters.set(designFilter(Math.min(1, up / down), halfTaps, phase / phases), phase * taps);
  }
  return (start, phase, count) =>
    kernel.functions.polyphase(
      history.byteOffset + 4 * start,
      filters.byteOffset,
      taps,
      phases,
      phase,
      up,
      down,
      output.byteOffset,
      count,
    );
}

/** Kaiser's estimate of the length, for a transition given as a share of the input's sampling rate. */
function halfTapsOf(cutoff: number): number {
  return Math.ceil((ATTENUATION_DB - 7.95) / (14.36 * HALF_TRANSITION * cutoff) / 2);
}

/** The windowed sinc at `share` of the way from one input sample to the next, of unit sum. */
function designFilter(cutoff: number, halfTaps: number, share: number): Float64Array {
  const beta = kaiserBeta(ATTENUATION_DB);
  const taps = Float64Array.from({ length: 2 * halfTaps }, (_, tap) => {
    const distance = tap - halfTaps + 1 - share;
    return sinc(cutoff * distance) * kaiserWindow(distance / halfTaps, beta);
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
