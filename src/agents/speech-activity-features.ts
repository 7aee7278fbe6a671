/** What tells speech, music and noise apart, in windows of two seconds. */
import { mean, standardDeviation } from "../dsp/statistics.ts";
import { F0_CANDIDATES, type F0Candidates } from "../features/f0-candidates.ts";
import { MFCC_COUNT, type Mfcc } from "../features/mfcc.ts";
import { HOP_SECONDS } from "../features/power-spectrogram.ts";
import type { QuietWindows } from "../features/quiet-windows.ts";
import type { SpectralShape } from "../features/spectral-shape.ts";

/** Long enough for a few syllables or notes. */
const WINDOW_SECONDS = 2;
export const WINDOW_HOP_SECONDS = 0.5;
/** MFCC 1 to 12: 0 is the level. */
const COEFFICIENTS = 12;
/** What `powersFrom` spells out. */
const BINS_AT_ONCE = 4;
/** Syllables: Houtgast & Steeneken's speech modulation; and all that is looked at, Hz. */
const SYLLABLES_HZ = [2.5, 7] as const;
const MODULATION_HZ = [0.5, 16] as const;
/** A frame is voiced where its candidates say so with at least this probability. */
const VOICED = 0.5;
/** Steps of f0 below are those of a held note, semitones a frame of 11.6 ms. */
const HELD = 0.05;
const SPEECH_F0_HZ = [70, 400] as const;
/** Frames this far below the loudest of the window are pauses, dB. */
const RANGE_DB = 35;
/** Nothing below this counts as sound, dBFS. */
export const FLOOR_DBFS = -90;

/** Values of a window. */
export const FEATURE_COUNT = 12;

export interface Sources {
  readonly mfcc: Mfcc;
  readonly spectralShape: SpectralShape;
  readonly f0Candidates: F0Candidates;
  readonly quietWindows: QuietWindows;
}

/**
 * The values of the window of 2 s centred on a time, in order: share of syllabic modulation of the envelope (2.5 to 7 of 0.5 to 16
 * Hz; Scheirer & Slaney 1997 take 4 Hz), share of 10 ms frames below half the mean amplitude (Saunders 1996), deviation of the
 * flux of the MFCC, mean and deviation of log10 of the flatness, deviation of the MFCC; share of frames with a pitch, share of
 * its steps under 5 cents (held notes), deviation of f0 in semitones, share of f0 from 70 to 400 Hz, onsets and ends of voicing
 * per second, share of the amplitude that is voiced. Null where nothing in it is above -90 dBFS. Scheirer & Slaney, "Construction
 * and evaluation of a robust multifeature speech/music discriminator", ICASSP, 1997; Saunders, "Real-time discrimination of broadcast
 * speech/music", ICASSP, 1996.
 */
export function windowFeatures(sources: Sources, centreSeconds: number): Float64Array | null {
  const from = Math.max(0, centreSeconds - WINDOW_SECONDS / 2);
  const to = Math.min(sources.quietWindows.durationSeconds, centreSeconds + WINDOW_SECONDS / 2);
  const spectral = spectralFeatures(sources, from, to);
  if (spectral === null) return null;
  return Float64Array.from([
    ...levelFeatures(sources.quietWindows, from, to),
    ...spectral,
    ...voicingFeatures(sources.f0Candidates, from, to),
  ]);
}

function levelFeatures({ rmsDbfs, windowSeconds }: QuietWindows, from: number, to: number): number[] {
  const levels = rmsDbfs.subarray(Math.round(from / windowSeconds), Math.max(1, Math.round(to / windowSeconds)));
  const amplitude = new Float64Array(levels.length);
  for (let n = 0; n < levels.length; n++) amplitude[n] = 10 ** (levels[n] / 20);
  const average = mean(amplitude);
  let low = 0;
  for (const value of amplitude) if (value < average / 2) low++;
  return [syllabicShare(amplitude, 1 / windowSeconds), low / amplitude.length];
}

/** Share of the envelope's modulation between 0.5 and 16 Hz that has the rate of syllables, under a Hann window. */
function syllabicShare(envelope: Float64Array, rate: number): number {
  const average = mean(envelope);
  const windowed = envelope.map(
    (value, n) => (value - average) * (0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / envelope.length)),
  );
  let [syllables, all] = [0, 0];
  const step = rate / envelope.length;
  const powers = new Float64Array(BINS_AT_ONCE);
  for (let first = Math.ceil(MODULATION_HZ[0] / step); first * step <= MODULATION_HZ[1]; first += BINS_AT_ONCE) {
    powersFrom(windowed, first, powers);
    for (let k = first; k < first + BINS_AT_ONCE && k * step <= MODULATION_HZ[1]; k++) {
      all += powers[k - first];
      if (k * step >= SYLLABLES_HZ[0] && k * step <= SYLLABLES_HZ[1]) syllables += powers[k - first];
    }
  }
  return all > 0 ? syllables / all : 0;
}

/** |DFT|² at four bins from `k` on (Goertzel, American Mathematical Monthly 65, 1958): one alone would wait for each of its steps. */
function powersFrom(values: Float64Array, k: number, powers: Float64Array): void {
  const factor = (bin: number) => 2 * Math.cos((2 * Math.PI * bin) / values.length);
  const [factor0, factor1, factor2, factor3] = [factor(k), factor(k + 1), factor(k + 2), factor(k + 3)];
  let [a0, a1, a2, a3] = [0, 0, 0, 0];
  let [b0, b1, b2, b3] = [0, 0, 0, 0];
  for (let n = 0; n < values.length; n++) {
    const value = values[n];
    const now0 = value + factor0 * a0 - b0;
    const now1 = value + factor1 * a1 - b1;
    const now2 = value + factor2 * a2 - b2;
    const now3 = value + factor3 * a3 - b3;
    b0 = a0;
    b1 = a1;
    b2 = a2;
    b3 = a3;
    a0 = now0;
    a1 = now1;
    a2 = now2;
    a3 = now3;
  }
  powers[0] = a0 * a0 + b0 * b0 - factor0 * a0 * b0;
  powers[1] = a1 * a1 + b1 * b1 - factor1 * a1 * b1;
  powers[2] = a2 * a2 + b2 * b2 - factor2 * a2 * b2;
  powers[3] = a3 * a3 + b3 * b3 - factor3 * a3 * b3;
}

/** Over the frames within 35 dB of the window's loudest; null where none is above -90 dBFS. */
function spectralFeatures({ mfcc, spectralShape }: Sources, from: number, to: number): number[] | null {
  const first = Math.ceil(from / HOP_SECONDS);
  const end = Math.min(mfcc.frames, Math.max(first + 1, Math.ceil(to / HOP_SECONDS)));
  const loudest = spectralShape.energyDbfs
    .subarray(first, end)
    .reduce((greatest, dbfs) => Math.max(greatest, dbfs), FLOOR_DBFS);
  const bound = Math.max(FLOOR_DBFS, loudest - RANGE_DB);
  const chosen: number[] = [];
  for (let t = first; t < end; t++) if (spectralShape.energyDbfs[t] > bound) chosen.push(t);
  if (chosen.length === 0) return null;
  const flux = chosen.map((t) => mfccStep(mfcc, t));
  const flatness = chosen.map((t) => Math.log10(Math.max(1e-6, spectralShape.flatness[t])));
  return [standardDeviation(flux), mean(flatness), standardDeviation(flatness), timbreDeviation(mfcc, chosen)];
}

/** Distance of a frame's MFCC 1 to 12 from those of the frame before. */
function mfccStep({ coefficients }: Mfcc, t: number): number {
  let squares = 0;
  for (let k = 1; t > 0 && k <= COEFFICIENTS; k++) {
    squares += (coefficients[t * MFCC_COUNT + k] - coefficients[(t - 1) * MFCC_COUNT + k]) ** 2;
  }
  return Math.sqrt(squares);
}

/** Root of the summed variances of MFCC 1 to 12. */
function timbreDeviation({ coefficients }: Mfcc, chosen: readonly number[]): number {
  let squares = 0;
  for (let k = 1; k <= COEFFICIENTS; k++) {
    let sum = 0;
    for (const t of chosen) sum += coefficients[t * MFCC_COUNT + k];
    const centre = sum / chosen.length;
    for (const t of chosen) squares += (coefficients[t * MFCC_COUNT + k] - centre) ** 2;
  }
  return Math.sqrt(squares / chosen.length);
}

function voicingFeatures(
  { hz, probability, meanSquare, frames, hopSeconds }: F0Candidates,
  from: number,
  to: number,
): number[] {
  const first = Math.ceil(from / hopSeconds);
  const end = Math.min(frames, Math.max(first + 1, Math.ceil(to / hopSeconds)));
  const notes: number[] = [];
  let [held, steps, inRange, changes, wasVoiced, energy, voicedEnergy] = [0, 0, 0, 0, false, 0, 0];
  for (let t = first; t < end; t++) {
    let chance = 0;
    for (let rank = 0; rank < F0_CANDIDATES; rank++) chance += probability[t * F0_CANDIDATES + rank];
    const isVoiced = chance >= VOICED;
    energy += Math.sqrt(meanSquare[t]);
    if (isVoiced !== wasVoiced) changes++;
    if (isVoiced) {
      const f0 = hz[t * F0_CANDIDATES];
      const note = 12 * Math.log2(f0);
      voicedEnergy += Math.sqrt(meanSquare[t]);
      if (f0 >= SPEECH_F0_HZ[0] && f0 <= SPEECH_F0_HZ[1]) inRange++;
      if (wasVoiced) {
        steps++;
        if (Math.abs(note - notes[notes.length - 1]) < HELD) held++;
      }
      notes.push(note);
    }
    wasVoiced = isVoiced;
  }
  const count = end - first;
  return [
    notes.length / count,
    held / Math.max(1, steps),
    notes.length === 0 ? 0 : Math.min(12, standardDeviation(notes)),
    inRange / Math.max(1, notes.length),
    changes / count / hopSeconds,
    energy > 0 ? voicedEnergy / energy : 0,
  ];
}
