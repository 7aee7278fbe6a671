/** The first stage of every pass: the one place where samples that are not numbers are dealt with. */
import type { AudioBlock } from "../audio/audio-format.ts";
import type { BlockStage } from "./extractor.ts";

/** A block whose samples are all finite. */
export interface FiniteBlock extends AudioBlock {
  /** How many samples of this block, over all channels, were NaN or infinite and are 0 now. */
  readonly nonFiniteCount: number;
}

/** Replaces NaN and ±Infinity by 0 and counts them. A block that is clean, as nearly all are, passes without a copy. */
export const finiteSamples: BlockStage<FiniteBlock> = {
  name: "finiteSamples",
  from: null,
  open() {
    return {
      push(block, emit) {
        let nonFiniteCount = 0;
        const channels = block.channels.map((samples) => {
          if (allFinite(samples)) return samples;
          return samples.map((sample) => {
            if (Number.isFinite(sample)) return sample;
            nonFiniteCount++;
            return 0;
          });
        });
        emit({ channels, length: block.length, nonFiniteCount });
      },
      end() {},
    };
  },
};

/**
 * Zero times a finite number is zero; times NaN or infinity it is NaN, and NaN stays in a sum. Four sums side by side: one
 * would wait for each addition.
 */
function allFinite(samples: Float32Array): boolean {
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  const whole = samples.length & ~3;
  for (let n = 0; n < whole; n += 4) {
    sum0 += samples[n] * 0;
    sum1 += samples[n + 1] * 0;
    sum2 += samples[n + 2] * 0;
    sum3 += samples[n + 3] * 0;
  }
  for (let n = whole; n < samples.length; n++) sum0 += samples[n] * 0;
  return sum0 + sum1 + sum2 + sum3 === 0;
}
