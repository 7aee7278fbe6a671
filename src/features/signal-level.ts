/** Levels of the original signal: own rate, all channels, nothing resampled or mixed. */
import { FloatSeries } from "../dsp/float-series.ts";
import type { Feature } from "./extractor.ts";
import { type FiniteBlock, finiteSamples } from "./finite-samples.ts";

/** Levels of a whole file, over all samples of all channels. */
export interface SignalLevel {
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per channel. */
  readonly sampleCount: number;
  /** Samples over all channels that were NaN or infinite and were taken as 0. */
  readonly nonFiniteCount: number;
  readonly sumOfSquares: number;
  /** Greatest absolute sample value; 1 is full scale. */
  readonly peak: number;
  /** Sign changes between neighbouring samples, summed over the channels; zero has the sign of the sample before it. */
  readonly zeroCrossings: number;
  /** `[window]`: mean square over all channels of each window; 1 is a full-scale square wave. */
  readonly windowMeanSquares: Float32Array;
  /** Distance and length of the windows, seconds. The last is shorter unless that would make it under half a window. */
  readonly windowSeconds: number;
}

const WINDOWS_PER_SECOND = 10;

/**
 * Sum of squares, peak, zero crossings, and the mean square of consecutive windows of 0.1 s. The end of the stream makes a
 * window of its own when it lasts at least half a window, or when there is no other. An empty stream gives zeros and no
 * window. 4 bytes a window: 430 kB for three hours.
 */
export const signalLevel: Feature<FiniteBlock, SignalLevel> = {
  name: "signalLevel",
  from: finiteSamples,
  open(format) {
    const { sampleRate, channels } = format;
    const state = Array.from({ length: channels }, () => ({ sum: 0, windowSum: 0, sign: 0, crossings: 0, peak: 0 }));
    const windowMeanSquares = new FloatSeries();
    let sampleCount = 0;
    let nonFiniteCount = 0;
    let windowStart = 0;
    let windowEnd = boundary(1);

    /** Boundaries are rounded one by one, so that windows do not drift at rates that ten does not divide. */
    function boundary(window: number): number {
      return Math.max(window, Math.round((window * sampleRate) / WINDOWS_PER_SECOND));
    }

    function closeWindow(end: number): void {
      let sum = 0;
      for (const channel of state) {
        sum += channel.windowSum;
        channel.sum += channel.windowSum;
        channel.windowSum = 0;
      }
      windowMeanSquares.push(sum / ((end - windowStart) * channels));
      windowStart = end;
      windowEnd = boundary(windowMeanSquares.length + 1);
    }

    return {
      push(block) {
        nonFiniteCount += block.nonFiniteCount;
        let start = 0;
        while (start < block.length) {
          const stop = Math.min(block.length, start + windowEnd - sampleCount);
          for (let channel = 0; channel < channels; channel++) {
            accumulate(state[channel], block.channels[channel], start, stop);
          }
          sampleCount += stop - start;
          start = stop;
          if (sampleCount === windowEnd) closeWindow(windowEnd);
        }
      },
      finish() {
        const rest = sampleCount - windowStart;
        if (rest > 0 && (windowMeanSquares.length === 0 || 2 * rest >= windowEnd - windowStart))
          closeWindow(sampleCount);
        return {
          sampleRate,
          channels,
          sampleCount,
          nonFiniteCount,
          sumOfSquares: state.reduce((total, channel) => total + channel.sum + channel.windowSum, 0),
          peak: state.reduce((peak, channel) => Math.max(peak, channel.peak), 0),
          zeroCrossings: state.reduce((total, channel) => total + channel.crossings, 0),
          windowMeanSquares: windowMeanSquares.toArray(),
          windowSeconds: 1 / WINDOWS_PER_SECOND,
        };
      },
    };
  },
};

interface ChannelState {
  windowSum: number;
  sign: number;
  crossings: number;
  peak: number;
}

function accumulate(state: ChannelState, samples: Float32Array, start: number, stop: number): void {
  let { windowSum, sign, crossings, peak } = state;
  for (let n = start; n < stop; n++) {
    const sample = samples[n];
    windowSum += sample * sample;
    if (sample > 0) {
      if (sign < 0) crossings++;
      sign = 1;
      if (sample > peak) peak = sample;
    } else if (sample < 0) {
      if (sign > 0) crossings++;
      sign = -1;
      if (-sample > peak) peak = -sample;
    }
  }
  state.windowSum = windowSum;
  state.sign = sign;
  state.crossings = crossings;
  state.peak = peak;
}
