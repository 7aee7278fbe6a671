/**
 * The spectrum on a logarithmic frequency axis, fine enough to tell semitones apart, and the tuning of the recording.
 */
import { type Filter, openFilterBank } from "../dsp/filter-bank.ts";
import { FloatSeries } from "../dsp/float-series.ts";
import { openKernel } from "../dsp/kernel/kernel.ts";
import { parabolicOffset } from "../dsp/peaks.ts";
import { FRAMES_PER_CHUNK, openPowerSpectrogram } from "../dsp/power-spectrogram.ts";
import { createTuningHistogram, type TuningHistogram } from "../dsp/tuning.ts";
import type { Feature } from "./extractor.ts";
import { MONO_SAMPLE_RATE, type MonoChunk, monoSignal } from "./mono-signal.ts";

/** 0.37 s: the main lobe of a Hann window is then two semitones wide at 82 Hz, and one at 165 Hz. */
const N_FFT = 8192;
const HOP_LENGTH = 4096;
const BINS = N_FFT / 2 + 1;
const BIN_HZ = MONO_SAMPLE_RATE / N_FFT;

/** Magnitude of a sine of amplitude 1 on a bin. */
const FULL_SCALE = N_FFT / 4;

/** The lowest semitone, MIDI, and how many there are: C1 (32.7 Hz) to B7 (3951 Hz). */
export const LOWEST_MIDI = 24;
export const SEMITONES = 84;
/** Columns a semitone; the middle one of three is the semitone itself at A4 = 440 Hz. */
export const COLUMNS_PER_SEMITONE = 3;
export const COLUMNS = SEMITONES * COLUMNS_PER_SEMITONE;

/** Peaks counted for the tuning: above, harmonics off equal temperament prevail; below, bins are too wide. */
const TUNING_LOW_HZ = 100;
const TUNING_HIGH_HZ = 1500;
/** Peaks more than 40 dB below the strongest of their frame do not count. */
const TUNING_RANGE = 1e-4;

export interface PitchSpectrum {
  /** `[frame][column]` flat, `COLUMNS` values a frame: amplitude around each third of a semitone, 0 in silence. */
  readonly amplitude: Float32Array;
  readonly frames: number;
  readonly hopSeconds: number;
  /** Deviation of the recording's notes from A4 = 440 Hz, cents, in [-50, 50); 0 in silence. */
  readonly tuningCents: number;
}

/**
 * Amplitudes in frames of 8192 samples, 4096 apart, centred with zeros, under a Hann window, gathered into columns of a
 * third of a semitone: the root of the power under a triangle that reaches a third of a semitone, and at least one bin,
 * to each side. A sine of amplitude 1 gives 0.9 to 1.3. n samples give 1 + floor(n / 4096) frames, no samples none; 1
 * kB a frame, 58 MB for three hours. Mauch & Dixon, "Approximate note transcription for the improved identification of
 * difficult chords", ISMIR, 2010, section 2.1; the tuning is the commonest deviation of spectral peaks (dsp/tuning.ts).
 */
export const pitchSpectrum: Feature<MonoChunk, PitchSpectrum> = {
  name: "pitchSpectrum",
  from: monoSignal,
  open() {
    const spectrogram = openPowerSpectrogram(N_FFT, HOP_LENGTH);
    const columns = openFilterBank(openKernel(), columnFilters(), BINS, FRAMES_PER_CHUNK);
    const tuning = createTuningHistogram();
    const amplitude = new FloatSeries();
    let frameCount = 0;

    function keep(power: Float32Array, frames: number): void {
      columns.rows.set(power.subarray(0, frames * BINS));
      columns.apply(frames);
      for (let index = 0; index < frames * COLUMNS; index++) {
        amplitude.push(Math.sqrt(columns.bands[index]) / FULL_SCALE);
      }
      for (let frame = 0; frame < frames; frame++) {
        countPeaks(power.subarray(frame * BINS, (frame + 1) * BINS), tuning);
      }
      frameCount += frames;
    }

    return {
      push: ({ samples, length }) => spectrogram.push(samples, length, keep),
      finish() {
        spectrogram.end(keep);
        return {
          amplitude: amplitude.toArray(),
          frames: frameCount,
          hopSeconds: HOP_LENGTH / MONO_SAMPLE_RATE,
          tuningCents: tuning.cents(),
        };
      },
    };
  },
};

/** `[column]`: the triangle around each column. */
function columnFilters(): Filter[] {
  return Array.from({ length: COLUMNS }, (_, column) => {
    const hz = columnHz(column);
    const half = Math.max(columnHz(column + 1) - hz, BIN_HZ);
    const first = Math.ceil((hz - half) / BIN_HZ);
    const last = Math.floor((hz + half) / BIN_HZ);
    const weights = Array.from({ length: last - first + 1 }, (_, k) => 1 - Math.abs((first + k) * BIN_HZ - hz) / half);
    return { first, weights };
  });
}

function columnHz(column: number): number {
  return 440 * 2 ** ((LOWEST_MIDI + (column - 1) / COLUMNS_PER_SEMITONE - 69) / 12);
}

function countPeaks(power: Float32Array, tuning: TuningHistogram): void {
  const first = Math.ceil(TUNING_LOW_HZ / BIN_HZ);
  const last = Math.floor(TUNING_HIGH_HZ / BIN_HZ);
  let greatest = 0;
  for (let k = first; k <= last; k++) if (power[k] > greatest) greatest = power[k];
  const least = greatest * TUNING_RANGE;
  for (let k = first; k <= last; k++) {
    const here = power[k];
    if (here <= least || here < power[k - 1] || here <= power[k + 1]) continue;
    if (here < power[k - 2] || here < power[k + 2]) continue;
    const offset = parabolicOffset(Math.log(power[k - 1]), Math.log(here), Math.log(power[k + 1]));
    tuning.add((k + offset) * BIN_HZ, Math.sqrt(here));
  }
}
