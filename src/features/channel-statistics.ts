/** Offsets of the channels and what the first two have in common, on the original signal. */
import type { Feature } from "./extractor.ts";
import { type FiniteBlock, finiteSamples } from "./finite-samples.ts";

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
export const channelStatistics: Feature<FiniteBlock, ChannelStatistics> = {
  name: "channelStatistics",
  from: finiteSamples,
  open({ sampleRate, channels }) {
    const sums = new Float64Array(channels);
    const squares = new Float64Array(channels);
    let product = 0;
    let sampleCount = 0;

    function addPair(left: Float32Array, right: Float32Array): void {
      let sum = product;
      for (let n = 0; n < left.length; n++) sum += left[n] * right[n];
      product = sum;
    }

    return {
      push(block) {
        for (let channel = 0; channel < channels; channel++) {
          const samples = block.channels[channel];
          let [sum, square] = [sums[channel], squares[channel]];
          for (let n = 0; n < samples.length; n++) {
            sum += samples[n];
            square += samples[n] * samples[n];
          }
          sums[channel] = sum;
          squares[channel] = square;
        }
        if (channels > 1) addPair(block.channels[0], block.channels[1]);
        sampleCount += block.length;
      },
      finish() {
        const count = Math.max(1, sampleCount);
        return {
          sampleRate,
          sampleCount,
          means: Array.from(sums, (sum) => sum / count),
          meanSquares: Array.from(squares, (sum) => sum / count),
          meanProduct: product / count,
        };
      },
    };
  },
};
