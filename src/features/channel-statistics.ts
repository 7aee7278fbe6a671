/** Offsets of the channels and what the first two have in common, on the original signal. */
import type { Feature } from "./extractor.ts";
import { type SampleStep, sampleSteps } from "./sample-steps.ts";

export interface ChannelStatistics {
  readonly sampleRate: number;
  /** Samples per channel. */
  readonly sampleCount: number;
  /** `[channel]`: mean sample, the DC offset; 0 for no samples. */
  readonly means: readonly number[];
  /** `[channel]`: mean square, the offset included. */
  readonly meanSquares: readonly number[];
  /** Mean product of the first two channels; 0 where there is one. */
  readonly meanProduct: number;
}

/** Sums over the whole file; no frames are kept. An empty stream gives zeros. */
export const channelStatistics: Feature<SampleStep, ChannelStatistics> = {
  name: "channelStatistics",
  from: sampleSteps,
  open({ sampleRate, channels }) {
    const sums = new Float64Array(channels);
    const squares = new Float64Array(channels);
    let [products, sampleCount] = [0, 0];
    return {
      push(step) {
        for (const [channel, { sum, sumOfSquares }] of step.channels.entries()) {
          sums[channel] += sum;
          squares[channel] += sumOfSquares;
        }
        products += step.sumOfProducts;
        sampleCount += step.length;
      },
      finish() {
        const count = Math.max(1, sampleCount);
        return {
          sampleRate,
          sampleCount,
          means: Array.from(sums, (sum) => sum / count),
          meanSquares: Array.from(squares, (sum) => sum / count),
          meanProduct: products / count,
        };
      },
    };
  },
};
