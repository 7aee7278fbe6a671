/** Spectra of the original signal at its own rate, of a frame now and then: for what stays the same through a file. */
import { createRealFft } from "../dsp/real-fft.ts";
import { hannWindow } from "../dsp/windows.ts";
import type { Feature } from "./extractor.ts";
import { type FiniteBlock, finiteSamples } from "./finite-samples.ts";

/** A frame lasts at least this long, seconds: bins of under 3 Hz, so that hum of 50 and 60 Hz is told from notes nearby. */
const MIN_FRAME_SECONDS = 0.34;
/** A frame a second for the first minute, then one in four: what is looked for does not come and go. */
const HOP_SECONDS = { first: 1, later: 4, change: 60 };
/** Bins up to here are kept frame by frame, Hz: six harmonics of 60 Hz and their neighbourhood. */
const LOW_BAND_HZ = 400;

export interface SampledSpectra {
  readonly frames: number;
  readonly binHz: number;
  /** `[bin]`: mean over frames of |X|², the first two channels added; a full-scale sine gives (size / 4)² a channel. */
  readonly power: Float64Array;
  /** Square of the size over 16: the power of a full-scale sine on a bin. */
  readonly fullScale: number;
  /** `[frame][bin]` flat, `lowBins` a frame: the same frame by frame up to 400 Hz. */
  readonly lowPower: Float32Array;
  readonly lowBins: number;
  /** Of the first two channels; null where there is one. */
  readonly pair: ChannelPair | null;
}

/** Sums over frames, `[bin]`. */
export interface ChannelPair {
  readonly leftPower: Float64Array;
  readonly rightPower: Float64Array;
  /** Left times conjugate right. */
  readonly crossReal: Float64Array;
  readonly crossImaginary: Float64Array;
}

/**
 * Hann-windowed frames of a power of two of samples (16384 at 44.1 and 48 kHz), one a second for a minute and one every four
 * seconds after, of the first two channels. Whole frames only: a file shorter than one has none.
 */
export const sampledSpectra: Feature<FiniteBlock, SampledSpectra> = {
  name: "sampledSpectra",
  from: finiteSamples,
  open({ sampleRate, channels }) {
    const size = 2 ** Math.ceil(Math.log2(MIN_FRAME_SECONDS * sampleRate));
    const fft = createRealFft(size);
    const window = hannWindow(size);
    const used = Math.min(2, channels);
    const spectra = Array.from({ length: used }, () => ({
      pending: new Float64Array(size),
      real: new Float64Array(fft.bins),
      imaginary: new Float64Array(fft.bins),
      power: new Float64Array(fft.bins),
    }));
    const crossReal = new Float64Array(fft.bins);
    const crossImaginary = new Float64Array(fft.bins);
    const binHz = sampleRate / size;
    const lowBins = Math.min(fft.bins, Math.ceil(LOW_BAND_HZ / binHz));
    const low: number[] = [];
    let frames = 0;
    let position = 0;
    let frameStart = 0;

    function transform(): void {
      for (const { pending, real, imaginary, power } of spectra) {
        for (let n = 0; n < size; n++) pending[n] *= window[n];
        fft.forward(pending, real, imaginary);
        for (let bin = 0; bin < fft.bins; bin++) power[bin] += real[bin] ** 2 + imaginary[bin] ** 2;
      }
      for (let bin = 0; bin < lowBins; bin++) {
        low.push(spectra.reduce((sum, one) => sum + one.real[bin] ** 2 + one.imaginary[bin] ** 2, 0));
      }
      if (used === 2) addCross(spectra[0], spectra[1]);
      frames++;
      const seconds = frameStart / sampleRate;
      frameStart += sampleRate * (seconds < HOP_SECONDS.change ? HOP_SECONDS.first : HOP_SECONDS.later);
    }

    function addCross(left: (typeof spectra)[number], right: (typeof spectra)[number]): void {
      for (let bin = 0; bin < fft.bins; bin++) {
        crossReal[bin] += left.real[bin] * right.real[bin] + left.imaginary[bin] * right.imaginary[bin];
        crossImaginary[bin] += left.imaginary[bin] * right.real[bin] - left.real[bin] * right.imaginary[bin];
      }
    }

    return {
      push(block) {
        for (let start = Math.max(0, frameStart - position); start < block.length; ) {
          const offset = position + start - frameStart;
          const stop = Math.min(block.length, start + size - offset);
          for (let channel = 0; channel < used; channel++) {
            spectra[channel].pending.set(block.channels[channel].subarray(start, stop), offset);
          }
          if (offset + stop - start === size) transform();
          start = Math.max(stop, frameStart - position);
        }
        position += block.length;
      },
      finish() {
        const power = new Float64Array(fft.bins);
        for (let bin = 0; bin < fft.bins; bin++) {
          power[bin] = spectra.reduce((sum, one) => sum + one.power[bin], 0) / Math.max(1, frames);
        }
        return {
          frames,
          binHz,
          power,
          fullScale: size ** 2 / 16,
          lowPower: Float32Array.from(low),
          lowBins,
          pair:
            used < 2 ? null : { leftPower: spectra[0].power, rightPower: spectra[1].power, crossReal, crossImaginary },
        };
      },
    };
  },
};
