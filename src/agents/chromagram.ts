/** Which pitch classes sound, frame by frame. */
import { whiten } from "../dsp/spectral-whitening.ts";
import {
  COLUMNS,
  COLUMNS_PER_SEMITONE,
  LOWEST_MIDI,
  type PitchSpectrum,
  SEMITONES,
} from "../features/pitch-spectrum.ts";

/** Six semitones to each side: 9, 18 and 36 columns gave the same within the spread of the data. */
const WHITENING_REACH = 18;
/**
 * The whole range without its ends, and the bass, MIDI; weights fall off over the semitones given. Best of seven
 * ranges.
 */
const HARMONY = { low: 40, high: 88, fadeIn: 6, fadeOut: 12 };
const BASS = { low: 28, high: 54, fadeIn: 6, fadeOut: 12 };
/** Frames 40 dB below the loudest do not count. */
const AUDIBLE = 0.01;
/** Where being in tune is measured, semitones above the lowest: below, columns run into each other. */
const IN_TUNE_FROM = 20;
const IN_TUNE_TO = 64;

export interface Chromagram {
  readonly frames: number;
  readonly hopSeconds: number;
  /** `[frame][pitch class]` flat, C first, 12 a frame, at least 0: E2 to E6, and the bass E1 to F#3. */
  readonly harmony: Float64Array;
  readonly bass: Float64Array;
  /** The harmony from the roots of the amplitudes: soft notes of a chord count nearly as much as loud ones. */
  readonly compressed: Float64Array;
  /** `[frame]`: 1 where the frame is within 40 dB of the loudest and not silent. */
  readonly audible: Uint8Array;
  /** What lies on the semitones over what lies between them: 1 for noise and most drums, 1.4 to 3 for most music. */
  readonly inTune: number;
  /**
   * Mean over the audible frames of the harmony, each scaled to a greatest value of 1; greatest value 1, all 0 in
   * silence.
   */
  readonly mean: Float64Array;
}

/**
 * Folds a pitch spectrum into pitch classes: shifted by the recording's tuning, whitened, the in-tune column of each
 * semitone taken, octaves summed. Notes explained by harmonics (NNLS, Mauch & Dixon 2010) instead of plain columns gave
 * worse chords and keys.
 */
export function chromagramOf({ amplitude, frames, hopSeconds, tuningCents }: PitchSpectrum): Chromagram {
  const harmony = new Float64Array(12 * frames);
  const bass = new Float64Array(12 * frames);
  const compressed = new Float64Array(12 * frames);
  const levels = new Float64Array(frames);
  const offsets = new Float64Array(COLUMNS_PER_SEMITONE);
  const harmonyWeights = rangeWeights(HARMONY);
  const bassWeights = rangeWeights(BASS);
  const tuned = new Float64Array(COLUMNS);
  const whitened = new Float64Array(COLUMNS);
  for (let t = 0; t < frames; t++) {
    levels[t] = tune(amplitude, t * COLUMNS, (tuningCents / 100) * COLUMNS_PER_SEMITONE, tuned);
    whiten(tuned, WHITENING_REACH, whitened);
    for (let semitone = 0; semitone < SEMITONES; semitone++) {
      const value = whitened[semitone * COLUMNS_PER_SEMITONE + 1];
      const slot = 12 * t + ((LOWEST_MIDI + semitone) % 12);
      harmony[slot] += harmonyWeights[semitone] * value;
      compressed[slot] += harmonyWeights[semitone] * Math.sqrt(value);
      bass[slot] += bassWeights[semitone] * value;
    }
    for (let column = COLUMNS_PER_SEMITONE * IN_TUNE_FROM; column < COLUMNS_PER_SEMITONE * IN_TUNE_TO; column++) {
      offsets[column % COLUMNS_PER_SEMITONE] += whitened[column];
    }
  }
  const loudest = levels.reduce((greatest, level) => Math.max(greatest, level), 0);
  const audible = Uint8Array.from(levels, (level) => (level > AUDIBLE * loudest ? 1 : 0));
  const between = (offsets[0] + offsets[2]) / 2;
  return {
    frames,
    hopSeconds,
    harmony,
    bass,
    compressed,
    audible,
    inTune: between > 0 ? offsets[1] / between : 0,
    mean: meanChroma(harmony, audible, 0, frames),
  };
}

/**
 * The mean over the audible frames in [from, to) of the harmony, each frame scaled to a greatest value of 1, so that
 * loud passages do not decide; its own greatest value is 1; all 0 where nothing sounds.
 */
export function meanChroma(harmony: Float64Array, audible: Uint8Array, from: number, to: number): Float64Array {
  const sum = new Float64Array(12);
  for (let t = from; t < to; t++) {
    const frame = harmony.subarray(12 * t, 12 * t + 12);
    const greatest = Math.max(...frame);
    if (audible[t] === 0 || greatest === 0) continue;
    for (let pitchClass = 0; pitchClass < 12; pitchClass++) sum[pitchClass] += frame[pitchClass] / greatest;
  }
  const greatest = Math.max(...sum);
  return greatest > 0 ? sum.map((value) => value / greatest) : sum;
}

/**
 * Writes a frame shifted by a number of columns, linearly interpolated; returns its level, the root of its sum of
 * squares.
 */
function tune(amplitude: Float32Array, start: number, shift: number, tuned: Float64Array): number {
  let squares = 0;
  for (let column = 0; column < COLUMNS; column++) {
    const position = Math.max(0, Math.min(COLUMNS - 1, column + shift));
    const below = Math.floor(position);
    const above = Math.min(below + 1, COLUMNS - 1);
    const left = amplitude[start + below];
    tuned[column] = left + (position - below) * (amplitude[start + above] - left);
    squares += tuned[column] * tuned[column];
  }
  return Math.sqrt(squares);
}

function rangeWeights({ low, high, fadeIn, fadeOut }: typeof HARMONY): Float64Array {
  return Float64Array.from({ length: SEMITONES }, (_, semitone) => {
    const midi = LOWEST_MIDI + semitone;
    const weight = Math.min(1, (midi - low + 1) / (fadeIn + 1), (high - midi + 1) / (fadeOut + 1));
    return Math.max(0, weight);
  });
}
