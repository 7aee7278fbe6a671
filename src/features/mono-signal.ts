/** The analysis copy: the mean of the channels at one fixed rate, from which every spectrum is made. */
import { openResampler } from "../dsp/resampler.ts";
import type { Stage } from "./extractor.ts";
import { type FiniteBlock, finiteSamples } from "./finite-samples.ts";

/** Rate of the analysis copy, Hz (librosa's default). Nothing above half of it is seen in any spectrum. */
export const MONO_SAMPLE_RATE = 22_050;

/** Samples of the analysis copy: the first `length` of `samples`. */
export interface MonoChunk {
  readonly samples: Float64Array;
  readonly length: number;
}

/** The mean of all channels, band-limited to 22.05 kHz; sample n is at n / 22050 seconds of the file. */
export const monoSignal: Stage<FiniteBlock, MonoChunk> = {
  name: "monoSignal",
  from: finiteSamples,
  open({ sampleRate, channels }) {
    const resampler = openResampler(sampleRate, MONO_SAMPLE_RATE);
    let mixed = new Float64Array(0);
    return {
      push(block, emit) {
        if (mixed.length < block.length) mixed = new Float64Array(block.length);
        mix(block.channels, block.length, mixed);
        resampler.push(mixed, block.length, (samples, length) => emit({ samples, length }));
      },
      end(emit) {
        resampler.end((samples, length) => emit({ samples, length }));
      },
    };

    function mix(sources: readonly Float32Array[], length: number, target: Float64Array): void {
      target.set(sources[0]);
      for (let channel = 1; channel < channels; channel++) {
        const source = sources[channel];
        for (let n = 0; n < length; n++) target[n] += source[n];
      }
      if (channels === 1) return;
      for (let n = 0; n < length; n++) target[n] /= channels;
    }
  },
};
