/** Level of the original signal in short windows, and stretches of zeros: what silences and dropouts are read from. */
import { FloatSeries } from "../dsp/float-series.ts";
import type { Feature } from "./extractor.ts";
import { type SampleStep, STEP_SECONDS, sampleSteps } from "./sample-steps.ts";

/** Shorter stretches of zeros are crossings and rests of quiet sounds. */
const MIN_ZERO_SECONDS = 0.001;

/** A stretch in which every channel is exactly zero. */
export interface ZeroStretch {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface QuietWindows {
  readonly durationSeconds: number;
  /** `[window]`: RMS of the loudest channel, dBFS (0 is a square wave of full scale); -Infinity for zeros. */
  readonly rmsDbfs: Float32Array;
  /** Distance and length of the windows, seconds; the last may be shorter. */
  readonly windowSeconds: number;
  /** Stretches of zeros in all channels of at least 1 ms, in order. */
  readonly zeros: readonly ZeroStretch[];
}

/** Windows of 10 ms and stretches of zeros. An empty stream gives neither. 4 bytes a window: 4.3 MB for three hours. */
export const quietWindows: Feature<SampleStep, QuietWindows> = {
  name: "quietWindows",
  from: sampleSteps,
  open({ sampleRate }) {
    const rmsDbfs = new FloatSeries();
    const zeros: ZeroStretch[] = [];
    const minZeros = Math.max(2, Math.ceil(MIN_ZERO_SECONDS * sampleRate));
    let sampleCount = 0;
    let zeroStart = 0;

    function keepZeros(start: number, end: number): void {
      if (end - start < minZeros) return;
      zeros.push({ startSeconds: start / sampleRate, endSeconds: end / sampleRate });
    }

    /** Ends the stretch before `start`; the next one begins at `next` at the earliest. */
    function endStretch(start: number, next: number): void {
      keepZeros(zeroStart, start);
      zeroStart = next;
    }

    function findZeros({ channels, length }: SampleStep): void {
      const first = channels[0].samples;
      // Nearly every step is without zeros, and this search is faster than a loop.
      if (!first.includes(0)) {
        endStretch(sampleCount, sampleCount + length);
        return;
      }
      for (let n = 0; n < length; n++) {
        if (first[n] !== 0 || !isZero(channels, n)) endStretch(sampleCount + n, sampleCount + n + 1);
      }
    }

    return {
      push(step) {
        const isSilent = step.channels.every(({ peak }) => peak === 0);
        if (!isSilent) findZeros(step);
        const loudest = step.channels.reduce((greatest, { sumOfSquares }) => Math.max(greatest, sumOfSquares), 0);
        rmsDbfs.push(10 * Math.log10(loudest / step.length));
        sampleCount += step.length;
      },
      finish() {
        keepZeros(zeroStart, sampleCount);
        return {
          durationSeconds: sampleCount / sampleRate,
          rmsDbfs: rmsDbfs.toArray(),
          windowSeconds: STEP_SECONDS,
          zeros,
        };
      },
    };
  },
};

function isZero(channels: SampleStep["channels"], n: number): boolean {
  for (const { samples } of channels) if (samples[n] !== 0) return false;
  return true;
}
