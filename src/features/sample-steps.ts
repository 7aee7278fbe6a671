/** Steps of 10 ms of the original signal, and what is read off their samples: the ground of all levels. */
import { type Kernel, openKernel } from "../dsp/kernel/kernel.ts";
import type { Stage } from "./extractor.ts";
import { type FiniteBlock, finiteSamples } from "./finite-samples.ts";

const STEPS_PER_SECOND = 100;
export const STEP_SECONDS = 1 / STEPS_PER_SECOND;

/** What the kernel gives for a channel; the last is the sign of its last sample, which it takes back (kernel/levels.ts). */
const LEVELS = { sum: 0, sumOfSquares: 1, peak: 2, zeroCrossings: 3, sign: 4, size: 5 };

/** One channel of a step. */
export interface ChannelStep {
  /** Valid during the call. */
  readonly samples: Float32Array;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** Greatest absolute sample. */
  readonly peak: number;
  /** Sign changes, that from the step before included; zero has the sign of the sample before it. */
  readonly zeroCrossings: number;
}

export interface SampleStep {
  readonly channels: readonly ChannelStep[];
  readonly length: number;
  /** False for what is left at the end. */
  readonly isWhole: boolean;
  /** Sum of the products of the first two channels; 0 where there is one. */
  readonly sumOfProducts: number;
  /** Samples that were no numbers, over all channels, in the blocks since the step before; they are 0 here. */
  readonly nonFiniteCount: number;
}

/**
 * Consecutive steps of 10 ms with the sums of their samples, in double precision. Step k ends at sample round(k · rate / 100):
 * boundaries are rounded one by one, so that steps do not drift at rates that 100 does not divide. The last may be shorter.
 */
export const sampleSteps: Stage<FiniteBlock, SampleStep> = {
  name: "sampleSteps",
  from: finiteSamples,
  open({ sampleRate, channels }) {
    const kernel = openKernel();
    const longest = Math.ceil(sampleRate / STEPS_PER_SECOND);
    const meters = Array.from({ length: channels }, () => openMeter(kernel, longest));
    let step = 0;
    let stepLength = lengthOf(step);
    let filled = 0;
    let nonFiniteCount = 0;

    function lengthOf(index: number): number {
      const [start, end] = [index, index + 1].map((k) => Math.round((k * sampleRate) / STEPS_PER_SECOND));
      return end - start;
    }

    function emitStep(length: number, emit: (step: SampleStep) => void): void {
      emit({
        channels: meters.map((meter) => meter.read(length)),
        length,
        isWhole: length === stepLength,
        sumOfProducts: channels > 1 ? meters[0].productWith(meters[1], length) : 0,
        nonFiniteCount,
      });
    }

    return {
      push(block, emit) {
        nonFiniteCount += block.nonFiniteCount;
        for (let start = 0; start < block.length; ) {
          const count = Math.min(block.length - start, stepLength - filled);
          for (let channel = 0; channel < channels; channel++) {
            meters[channel].samples.set(block.channels[channel].subarray(start, start + count), filled);
          }
          filled += count;
          start += count;
          if (filled < stepLength) break;
          emitStep(stepLength, emit);
          [filled, nonFiniteCount] = [0, 0];
          stepLength = lengthOf(++step);
        }
      },
      end(emit) {
        if (filled > 0) emitStep(filled, emit);
      },
    };
  },
};

/** One channel's samples in the kernel's memory. */
interface Meter {
  readonly samples: Float32Array;
  read(length: number): ChannelStep;
  productWith(other: Meter, length: number): number;
}

function openMeter({ functions, floats, doubles }: Kernel, longest: number): Meter {
  const samples = floats(longest);
  const state = doubles(LEVELS.size);
  // Nearly all steps have one length, and a new view of them costs as much as the sums.
  let step = samples;
  return {
    samples,
    read(length) {
      functions.levels(samples.byteOffset, length, state.byteOffset);
      if (step.length !== length) step = samples.subarray(0, length);
      return {
        samples: step,
        sum: state[LEVELS.sum],
        sumOfSquares: state[LEVELS.sumOfSquares],
        peak: state[LEVELS.peak],
        zeroCrossings: state[LEVELS.zeroCrossings],
      };
    },
    productWith: (other, length) => functions.product(samples.byteOffset, other.samples.byteOffset, length),
  };
}
