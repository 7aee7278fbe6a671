/** Spectra of the original signal at its own rate, of a frame now and then: for what stays the same through a file. */
import { FloatSeries } from "../dsp/float-series.ts";
import { openPairSpectra } from "../dsp/pair-spectra.ts";
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
    const spectra = openPairSpectra(size);
    const { sums, leftPower, rightPower } = spectra;
    const pending = [spectra.left, spectra.right].slice(0, channels);
    const bins = sums.leftPower.length;
    const binHz = sampleRate / size;
    const lowBins = Math.min(bins, Math.ceil(LOW_BAND_HZ / binHz));
    const lowPower = new FloatSeries();
    let frames = 0;
    let position = 0;
    let frameStart = 0;

    function transform(): void {
      spectra.run();
      for (let bin = 0; bin < lowBins; bin++) lowPower.push(leftPower[bin] + rightPower[bin]);
      frames++;
      const seconds = frameStart / sampleRate;
      frameStart += sampleRate * (seconds < HOP_SECONDS.change ? HOP_SECONDS.first : HOP_SECONDS.later);
    }

    return {
      push(block) {
        for (let start = Math.max(0, frameStart - position); start < block.length; ) {
          const offset = position + start - frameStart;
          const stop = Math.min(block.length, start + size - offset);
          for (const [channel, frame] of pending.entries()) {
            frame.set(block.channels[channel].subarray(start, stop), offset);
          }
          if (offset + stop - start === size) transform();
          start = Math.max(stop, frameStart - position);
        }
        position += block.length;
      },
      finish() {
        const power = sums.leftPower.map((left, bin) => (left + sums.rightPower[bin]) / Math.max(1, frames));
        return {
          frames,
          binHz,
          power,
          fullScale: size ** 2 / 16,
          lowPower: lowPower.toArray(),
          lowBins,
          // Copies, since these lie in the kernel's memory.
          pair:
            channels < 2
              ? null
              : {
                  leftPower: sums.leftPower.slice(),
                  rightPower: sums.rightPower.slice(),
                  crossReal: sums.crossReal.slice(),
                  crossImaginary: sums.crossImaginary.slice(),
                },
        };
      },
    };
  },
};
