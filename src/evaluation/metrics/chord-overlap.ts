import { type EncodedChord, encodeChord } from "./chord-label.ts";

export interface LabelledChord {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

export interface ChordOverlap {
  /** Share of the comparable time in which the chords agree, in [0, 1]; 0 when nothing is comparable. */
  readonly overlap: number;
  /** Seconds in which the reference is a major or minor chord or N. */
  readonly comparableSeconds: number;
}

/** Up to the fifth: sevenths and what lies above them do not matter. */
const TRIAD_SEMITONES = 8;
const MAJOR = [0, 4, 7];
const MINOR = [0, 3, 7];

/**
 * Overlap of chords by the major/minor rule, weighted by duration. Sevenths count as their triads; time in which the
 * reference is neither major nor minor nor N (suspended, diminished, X) is left out; a wrong estimate there costs nothing.
 * mir_eval.chord.evaluate's `majmin` with adjust_intervals and merge_labeled_intervals; Mauch & Dixon, MIREX chord estimation.
 *
 * Chords are ascending, times in seconds. Where the estimate does not reach the reference's ends it counts as N; a gap
 * belongs to the chord before it.
 * @throws RangeError for a label that is not in Harte syntax.
 */
export function chordOverlap(reference: readonly LabelledChord[], estimated: readonly LabelledChord[]): ChordOverlap {
  const from = Math.min(...reference.map(({ start }) => start));
  const to = Math.max(...reference.map(({ end }) => end));
  const adjusted = adjust(estimated, from, to);
  const times = [...reference, ...adjusted].flatMap(({ start, end }) => [start, end]);
  const boundaries = [...new Set(times)].sort((a, b) => a - b);
  const [referenceAt, estimatedAt] = [labelReader(reference), labelReader(adjusted)];
  let comparableSeconds = 0;
  let agreeingSeconds = 0;
  for (let index = 0; index + 1 < boundaries.length; index++) {
    const truth = referenceAt(boundaries[index]);
    const guess = estimatedAt(boundaries[index]);
    if (!isComparable(truth)) continue;
    const seconds = boundaries[index + 1] - boundaries[index];
    comparableSeconds += seconds;
    if (agree(truth, guess)) agreeingSeconds += seconds;
  }
  return { overlap: comparableSeconds === 0 ? 0 : agreeingSeconds / comparableSeconds, comparableSeconds };
}

/** Cut to a span, with N where it does not reach the ends. */
function adjust(chords: readonly LabelledChord[], from: number, to: number): LabelledChord[] {
  const inside = chords
    .filter(({ start, end }) => end >= from && start <= to)
    .map(({ start, end, label }) => ({ start: Math.max(start, from), end: Math.min(end, to), label }));
  if (inside.length === 0) return [{ start: from, end: to, label: "N" }];
  const first = inside[0].start;
  const last = inside[inside.length - 1].end;
  return [
    ...(first > from ? [{ start: from, end: first, label: "N" }] : []),
    ...inside,
    ...(last < to ? [{ start: last, end: to, label: "N" }] : []),
  ];
}

/** Reads the chord that began last; times must not go back. */
function labelReader(chords: readonly LabelledChord[]): (time: number) => EncodedChord {
  const known = new Map<string, EncodedChord>();
  let index = 0;
  return (time) => {
    while (index + 1 < chords.length && chords[index + 1].start <= time) index++;
    const { label } = chords[index];
    const chord = known.get(label) ?? encodeChord(label);
    known.set(label, chord);
    return chord;
  };
}

function isComparable({ root, semitones }: EncodedChord): boolean {
  if (semitones === null) return false;
  const triad = triadOf(semitones);
  if (root < 0) return triad.length === 0;
  return String(triad) === String(MAJOR) || String(triad) === String(MINOR);
}

function agree(reference: EncodedChord, estimated: EncodedChord): boolean {
  if (reference.semitones === null || estimated.semitones === null) return false;
  return (
    reference.root === estimated.root && String(triadOf(reference.semitones)) === String(triadOf(estimated.semitones))
  );
}

function triadOf(semitones: readonly boolean[]): number[] {
  return Array.from(semitones.keys()).filter((semitone) => semitone < TRIAD_SEMITONES && semitones[semitone] === true);
}
