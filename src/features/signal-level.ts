/** Levels of the original signal: own rate, all channels, nothing resampled or mixed. */
import { FloatSeries } from "../dsp/float-series.ts";
import type { Feature } from "./extractor.ts";
import { type SampleStep, STEP_SECONDS, sampleSteps } from "./sample-steps.ts";

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

const STEPS_PER_WINDOW = 10;

/**
 * Sum of squares, peak, zero crossings, and the mean square of consecutive windows of 0.1 s. The end of the stream makes a
 * window of its own when it lasts at least half a window, or when there is no other. An empty stream gives zeros and no
 * window. 4 bytes a window: 430 kB for three hours.
 */
export const signalLevel: Feature<SampleStep, SignalLevel> = {
  name: "signalLevel",
  from: sampleSteps,
  open({ sampleRate, channels }) {
    const windowMeanSquares = new FloatSeries();
    let [sumOfSquares, peak, zeroCrossings] = [0, 0, 0];
    let [sampleCount, nonFiniteCount] = [0, 0];
    let window = { squares: 0, steps: 0, samples: 0 };

    function closeWindow(): void {
      windowMeanSquares.push(window.squares / (window.samples * channels));
      sumOfSquares += window.squares;
      window = { squares: 0, steps: 0, samples: 0 };
    }

    return {
      push(step) {
        for (const channel of step.channels) {
          window.squares += channel.sumOfSquares;
          peak = Math.max(peak, channel.peak);
          zeroCrossings += channel.zeroCrossings;
        }
        window.samples += step.length;
        window.steps++;
        sampleCount += step.length;
        nonFiniteCount += step.nonFiniteCount;
        if (step.isWhole && window.steps === STEPS_PER_WINDOW) closeWindow();
      },
      finish() {
        const half = sampleRate * STEP_SECONDS * (STEPS_PER_WINDOW / 2);
        if (window.samples >= half || (window.samples > 0 && windowMeanSquares.length === 0)) closeWindow();
        return {
          sampleRate,
          channels,
          sampleCount,
          nonFiniteCount,
          sumOfSquares: sumOfSquares + window.squares,
          peak,
          zeroCrossings,
          windowMeanSquares: windowMeanSquares.toArray(),
          windowSeconds: STEPS_PER_WINDOW * STEP_SECONDS,
        };
      },
    };
  },
};
