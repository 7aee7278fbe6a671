/** Band-limited conversion of a stream of samples from one rate to another. */
import type { Kernel } from "./kernel/kernel.ts";
import { openResamplingFilter } from "./resampling-filter.ts";

const BLOCK = 4096;

/** Takes the first `length` samples of `y`, which are valid during the call. */
export type SampleListener = (y: Float32Array, length: number) => void;

/** A running conversion. */
export interface Resampler {
  /** Takes the first `length` samples of `y`. */
  push(y: Float32Array, length: number, emit: SampleListener): void;
  /** The input has ended: emits the rest, as if zeros followed. */
  end(emit: SampleListener): void;
}

/**
 * Opens a conversion from one whole rate to another, in Hz. Linear phase, and the delay is taken out: output sample m is the
 * signal at the time m / outputRate, and there are ceil(n outputRate / inputRate) of them for n input samples. The pass band
 * (flat within 0.001 dB) ends at 0.907 and the stop band (below -100 dB) begins at 1.093 of the lower Nyquist frequency: from
 * 44.1 to 22.05 kHz, 10 kHz passes, and what folds back from 11.025 to 12.05 kHz lands above 10 kHz. A constant keeps its
 * value. Every output sample is computed in the same way, however the input is cut. Equal rates copy. Single precision: the
 * noise of rounding lies below -125 dB re the input's peak.
 * Polyphase windowed sinc: Crochiere & Rabiner, "Multirate Digital Signal Processing", Prentice-Hall, 1983, chapter 4.
 */
export function openResampler(kernel: Kernel, inputRate: number, outputRate: number): Resampler {
  if (inputRate === outputRate) return { push: (y, length, emit) => emit(y, length), end() {} };
  const divisor = greatestCommonDivisor(inputRate, outputRate);
  const up = outputRate / divisor;
  const down = inputRate / divisor;
  const filter = openResamplingFilter(kernel, up, down, BLOCK);
  const { halfTaps, history, output } = filter;
  // history[0] is input sample `first`; the zeros before time 0 are already there.
  let first = 1 - halfTaps;
  let filled = halfTaps - 1;
  let inputCount = 0;
  // The next output lies `phase / up` of an input sample after the input sample `position`.
  let position = 0;
  let phase = 0;

  function consume(y: Float32Array, length: number, emit: SampleListener): void {
    let start = 0;
    while (start < length) {
      const count = Math.min(length - start, history.length - filled);
      history.set(y.subarray(start, start + count), filled);
      filled += count;
      start += count;
      drain(emit);
    }
  }

  function drain(emit: SampleListener): void {
    const reach = first + filled - halfTaps - position;
    const count = Math.max(0, Math.ceil((reach * up - phase) / down));
    if (count > 0) filter.run(position - halfTaps + 1 - first, phase, count);
    const advanced = phase + count * down;
    position += Math.floor(advanced / up);
    phase = advanced % up;
    const drop = Math.min(filled, position - halfTaps + 1 - first);
    if (drop > 0) {
      history.copyWithin(0, drop, filled);
      first += drop;
      filled -= drop;
    }
    if (count > 0) emit(output, count);
  }

  return {
    push(y, length, emit) {
      inputCount += length;
      consume(y, length, emit);
    },
    end(emit) {
      let left = Math.ceil((inputCount * up) / down) - Math.round((position * up + phase) / down);
      const zeros = new Float32Array(BLOCK);
      while (left > 0) {
        consume(zeros, BLOCK, (y, length) => {
          if (left > 0) emit(y, Math.min(length, left));
          left -= length;
        });
      }
    },
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
