/**
 * Names of keys and chords. Both are numbered C major to B major (0 to 11), then C minor to B minor (12 to 23); 24 is
 * no chord.
 */

const SHARPS = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
const FLATS = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
const MAJOR_TONICS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const MINOR_TONICS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"];
/** The roots that key signatures with flats begin at: F, Bb, Eb, Ab and Db major. */
const FLAT_MAJOR_TONICS = [5, 10, 3, 8, 1];

export type Mode = "major" | "minor";

export interface KeyName {
  readonly tonic: string;
  readonly mode: Mode;
}

/** The key's usual name: the enharmonic spelling with fewer accidentals. */
export function keyName(key: number): KeyName {
  return key < 12 ? { tonic: MAJOR_TONICS[key], mode: "major" } : { tonic: MINOR_TONICS[key - 12], mode: "minor" };
}

/** The name in words: "F# minor". */
export function keyText(key: number): string {
  const { tonic, mode } = keyName(key);
  return `${tonic} ${mode}`;
}

/** The key's place on the Camelot wheel, "8B" for C major and "8A" for A minor: neighbours mix well. */
export function camelot(key: number): string {
  const major = relativeMajor(key);
  return `${((major * 7 + 7) % 12) + 1}${key < 12 ? "B" : "A"}`;
}

/**
 * The triad in Harte's syntax, "F#:min", spelt with the accidentals of the key (sharps without one); "N" for no chord.
 * Harte, Sandler, Abdallah & Gómez, "Symbolic representation of musical chords", ISMIR, 2005.
 */
export function chordLabel(chord: number, key: number | null): string {
  if (chord >= 24) return "N";
  const names = key !== null && FLAT_MAJOR_TONICS.includes(relativeMajor(key)) ? FLATS : SHARPS;
  return `${names[chord % 12]}:${chord < 12 ? "maj" : "min"}`;
}

function relativeMajor(key: number): number {
  return key < 12 ? key : (key + 3) % 12;
}
