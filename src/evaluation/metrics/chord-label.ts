/**
 * Chord labels as sets of semitones. The syntax is Harte, Sandler, Abdallah & Gómez, "Symbolic Representation of Musical
 * Chords", ISMIR 2005; the encoding is mir_eval.chord.encode.
 */

export interface EncodedChord {
  /** Semitones above C, 0 to 11; -1 without a root (N and X). */
  readonly root: number;
  /** Whether each of the twelve semitones above the root sounds; null for X, which says nothing. */
  readonly semitones: readonly boolean[] | null;
}

const QUALITIES: Readonly<Record<string, readonly number[]>> = {
  maj: [0, 4, 7],
  min: [0, 3, 7],
  aug: [0, 4, 8],
  dim: [0, 3, 6],
  sus4: [0, 5, 7],
  sus2: [0, 2, 7],
  "7": [0, 4, 7, 10],
  maj7: [0, 4, 7, 11],
  min7: [0, 3, 7, 10],
  minmaj7: [0, 3, 7, 11],
  maj6: [0, 4, 7, 9],
  min6: [0, 3, 7, 9],
  dim7: [0, 3, 6, 9],
  hdim7: [0, 3, 6, 10],
  aug7: [0, 4, 8, 10],
  "9": [0, 4, 7, 10],
  maj9: [0, 4, 7, 11],
  min9: [0, 3, 7, 10],
  "11": [0, 4, 7, 10],
  maj11: [0, 4, 7, 11],
  min11: [0, 3, 7, 10],
  "13": [0, 4, 7, 10],
  maj13: [0, 4, 7, 11],
  min13: [0, 3, 7, 10],
  "1": [0],
  "5": [0, 7],
};

/** Semitones of the scale degrees 1 to 13. */
const DEGREES = [0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19, 21];
const NATURALS: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

const DEGREE = "(?:b*|#*)(?:1[0-3]|[1-9])";
const DEGREE_LIST = `\\((\\*?${DEGREE}(?:,\\*?${DEGREE})*)\\)`;
const QUALITY = Object.keys(QUALITIES).join("|");
const CHORD = new RegExp(`^([A-G])(b*|#*)(?::(${QUALITY})?(?:${DEGREE_LIST})?)?(?:/(${DEGREE}))?$`);

/** Whether a label can be encoded: N, X, or Harte syntax such as `C`, `G:min7`, `Bb:maj(9)/3`. */
export function isChordLabel(label: string): boolean {
  return label === "N" || label === "X" || (CHORD.test(label) && !label.includes(":/") && !label.endsWith(":"));
}

/**
 * The root and the semitones of a label; degrees beyond the octave are left out, the bass sounds.
 * @throws RangeError for a label that is not in the syntax.
 */
export function encodeChord(label: string): EncodedChord {
  if (label === "N") return { root: -1, semitones: Array<boolean>(12).fill(false) };
  if (label === "X") return { root: -1, semitones: null };
  const match = isChordLabel(label) ? CHORD.exec(label) : null;
  if (match === null) throw new RangeError("The label is no chord in Harte syntax.");
  const [, letter = "", accidentals = "", quality, degrees, bass = "1"] = match;
  const semitones = Array<boolean>(12).fill(false);
  for (const semitone of QUALITIES[quality ?? (degrees === undefined ? "maj" : "1")]) semitones[semitone] = true;
  for (const degree of degrees?.split(",") ?? []) {
    const semitone = degreeSemitone(degree.replace("*", ""));
    if (semitone < 12) semitones[modulo12(semitone)] = !degree.startsWith("*");
  }
  semitones[modulo12(degreeSemitone(bass))] = true;
  return { root: modulo12(NATURALS[letter] + shift(accidentals)), semitones };
}

function degreeSemitone(degree: string): number {
  const number = degree.replace(/^[b#]*/, "");
  return DEGREES[Number(number) - 1] + shift(degree.slice(0, degree.length - number.length));
}

function shift(accidentals: string): number {
  return accidentals.startsWith("#") ? accidentals.length : -accidentals.length;
}

function modulo12(semitones: number): number {
  return ((semitones % 12) + 12) % 12;
}
