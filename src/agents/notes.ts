/** Notes from a monophonic course of the pitch. */
import { median } from "../dsp/statistics.ts";
import { createTuningHistogram } from "../dsp/tuning.ts";
import { bestPath } from "../dsp/viterbi.ts";

/** The notes there are, MIDI: A1 (55 Hz) to C#7 (2217 Hz), and one state for none. */
const LOWEST_MIDI = 33;
const NOTES = 65;
const NO_NOTE = NOTES;
/** What a frame with a pitch costs where no note is held, and one without where one is, in semitones of deviation. */
const MISMATCH = 1;
/** A new note must be worth this: a semitone for 35 ms, which ornaments and vibrato are not. */
const CHANGE_SECONDS = (3 * 128) / 11_025;
const MIN_SECONDS = 0.06;
/** Vibrato is 5 to 7 Hz. */
const VIBRATO_SECONDS = 0.19;
/** A rise of the level by 6 dB within this is a new attack on the same note. */
const ATTACK = 4;
const ATTACK_SECONDS = 0.0233;
/** A note's own attack lasts up to this long. */
const ONSET_SECONDS = 0.1;

export interface Note {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly midi: number;
  /** Median pitch. */
  readonly hz: number;
}

/**
 * The notes of a pitch series (`hz` a frame, 0 for none): the best path through semitones, which are shifted by the
 * series' own tuning so that a flat singer does not flicker between two, split where the level (`meanSquare`) rises at
 * once; notes under 60 ms are left out. After Mauch et al., "Computer-aided melody note transcription using the Tony
 * software", TENOR, 2015, with fixed costs for its HMM.
 */
export function findNotes(hz: ArrayLike<number>, meanSquare: ArrayLike<number>, hopSeconds: number): Note[] {
  const path = bestPath(noteScores(hz, hopSeconds), NOTES + 1, CHANGE_SECONDS / hopSeconds);
  const attackFrames = Math.round(ATTACK_SECONDS / hopSeconds);
  const onsetFrames = ONSET_SECONDS / hopSeconds;
  const notes: Note[] = [];
  for (let from = 0, t = 1; t <= path.length; t++) {
    const isYoung = t - from < onsetFrames;
    if (t < path.length && path[t] === path[from] && (isYoung || !isAttack(meanSquare, t, attackFrames))) continue;
    if (path[from] !== NO_NOTE && (t - from) * hopSeconds >= MIN_SECONDS) {
      const note = noteOf(hz, from, t, hopSeconds);
      if (note !== null) notes.push(note);
    }
    from = t;
  }
  return notes;
}

function noteScores(hz: ArrayLike<number>, hopSeconds: number): Float64Array {
  const shift = tuningOf(hz, Math.round(VIBRATO_SECONDS / hopSeconds)) / 100;
  const scores = new Float64Array(hz.length * (NOTES + 1));
  for (let t = 0; t < hz.length; t++) {
    const row = t * (NOTES + 1);
    const pitch = hz[t] > 0 ? midiOf(hz[t]) - shift - LOWEST_MIDI : Number.POSITIVE_INFINITY;
    for (let note = 0; note < NOTES; note++) scores[row + note] = -Math.min(MISMATCH, Math.abs(pitch - note));
    scores[row + NO_NOTE] = hz[t] > 0 ? -MISMATCH : 0;
  }
  return scores;
}

/** The series' tuning in cents, from means over a cycle of vibrato, whose turning points would otherwise count most. */
function tuningOf(hz: ArrayLike<number>, vibratoFrames: number): number {
  const tuning = createTuningHistogram();
  let [sum, count] = [0, 0];
  for (let t = 0; t < hz.length; t++) {
    if (hz[t] > 0) {
      sum += Math.log2(hz[t]);
      count++;
    }
    if (count === vibratoFrames || (hz[t] <= 0 && count > 0)) {
      tuning.add(2 ** (sum / count), count);
      [sum, count] = [0, 0];
    }
  }
  if (count > 0) tuning.add(2 ** (sum / count), count);
  return tuning.cents();
}

function isAttack(meanSquare: ArrayLike<number>, t: number, attackFrames: number): boolean {
  const rises = (frame: number) => meanSquare[frame] > ATTACK * meanSquare[frame - attackFrames];
  return rises(t) && !rises(t - 1);
}

function noteOf(hz: ArrayLike<number>, from: number, to: number, hopSeconds: number): Note | null {
  const pitches: number[] = [];
  for (let t = from; t < to; t++) if (hz[t] > 0) pitches.push(hz[t]);
  if (pitches.length === 0) return null;
  const middle = median(pitches);
  return {
    startSeconds: from * hopSeconds,
    endSeconds: to * hopSeconds,
    midi: Math.round(midiOf(middle)),
    hz: middle,
  };
}

/** The MIDI number of a frequency, with fractions; 69 is 440 Hz. */
export function midiOf(hz: number): number {
  return 69 + 12 * Math.log2(hz / 440);
}
