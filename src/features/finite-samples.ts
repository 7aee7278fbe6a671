/** The first stage of every pass: the one place where samples that are not numbers are dealt with. */
import type { AudioBlock } from "../audio/audio-format.ts";
import { allFinite } from "../dsp/finite.ts";
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
