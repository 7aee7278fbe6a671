/** The analysis copy: the mean of the channels at one fixed rate, from which every spectrum is made. */
import type { AudioFormat } from "../audio/audio-format.ts";
import { openKernel } from "../dsp/kernel/kernel.ts";
import { openResampler } from "../dsp/resampler.ts";
import type { Stage, StageRun } from "./extractor.ts";
import { type FiniteBlock, finiteSamples } from "./finite-samples.ts";

/** Rate of the analysis copy, Hz (librosa's default). Nothing above half of it is seen in any spectrum. */
export const MONO_SAMPLE_RATE = 22_050;

/** Samples of the analysis copy: the first `length` of `samples`. */
export interface MonoChunk {
  readonly samples: Float32Array;
  readonly length: number;
}

/**
 * Samples beyond this, 120 dB above full scale, count as this: no recording holds them, and single precision could not hold
 * their spectra.
 */
const GREATEST_SAMPLE = 1e6;
const BLOCK = 4096;

/** The mean of all channels, band-limited to 22.05 kHz; sample n is at n / 22050 seconds of the file. */
export const monoSignal: Stage<FiniteBlock, MonoChunk> = {
  name: "monoSignal",
  from: finiteSamples,
  open: (format) => openMonoSignal(format, MONO_SAMPLE_RATE),
};

/** The mean of all channels at another rate: what the networks of engines take. */
export function openMonoSignal({ sampleRate, channels }: AudioFormat, rate: number): StageRun<FiniteBlock, MonoChunk> {
  const kernel = openKernel();
  const resampler = openResampler(kernel, sampleRate, rate);
  const source = kernel.floats(BLOCK);
  const mixed = kernel.floats(BLOCK);

  /** The mean of the channels from `start` on, to `mixed`. */
  function mix(sources: readonly Float32Array[], start: number, length: number): void {
    for (let channel = 0; channel < channels; channel++) {
      source.set(sources[channel].subarray(start, start + length));
      const add = Number(channel > 0);
      kernel.functions.mix(source.byteOffset, mixed.byteOffset, length, 1 / channels, GREATEST_SAMPLE, add);
    }
  }

  return {
    push(block, emit) {
      for (let start = 0; start < block.length; start += BLOCK) {
        const count = Math.min(BLOCK, block.length - start);
        mix(block.channels, start, count);
        resampler.push(mixed, count, (samples, length) => emit({ samples, length }));
      }
    },
    end: (emit) => resampler.end((samples, length) => emit({ samples, length })),
  };
}
