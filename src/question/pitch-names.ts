/** Keys and chords as people write them, in one spelling each. */

const NATURALS: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const MAJOR_TONICS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const MINOR_TONICS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"];
const ROOTS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const SOLFEGE: Readonly<Record<string, string>> = {
  do: "C",
  ré: "D",
  re: "D",
  mi: "E",
  fa: "F",
  sol: "G",
  la: "A",
  si: "B",
};
const SHARP = /^(?:#|-?\s?sharp|is|s|\s?dièse|\s?sostenido)$/i;
const MINOR = /^(?:minor|min|m|moll|mineur|menor)$/;

export type Mode = "major" | "minor";

/** 0 (C) to 11 (B) of a letter and an accidental in any of the usual spellings; null for no note. */
export function pitchClass(letter: string, accidental = ""): number | null {
  const natural = NATURALS[letter.toUpperCase()];
  if (natural === undefined) return null;
  if (accidental === "") return natural;
  return (natural + (SHARP.test(accidental) ? 1 : 11)) % 12;
}

/** The pitch class of a German name ("Fis", "Es", "H", "B" for B flat); null for other text. */
export function germanPitchClass(name: string): number | null {
  const match = /^([a-h])(is|es|s)?$/i.exec(name);
  if (match === null) return null;
  const letter = match[1].toUpperCase();
  if (letter === "B" && match[2] === undefined) return 10;
  return pitchClass(letter === "H" ? "B" : letter, match[2]?.toLowerCase() === "s" ? "es" : match[2]);
}

/** The pitch class of a French or Spanish name ("la", "fa dièse"); null for other text. */
export function solfegePitchClass(name: string, accidental = ""): number | null {
  return pitchClass(SOLFEGE[name.toLowerCase()] ?? "", accidental.trim());
}

/** "major" or "minor" for a mode in any of the languages. */
export function modeOf(word: string): Mode {
  return word === "m" || MINOR.test(word.toLowerCase()) ? "minor" : "major";
}

/** A key's usual name, "F# minor". */
export function keyText(tonic: number, mode: Mode): string {
  return `${(mode === "major" ? MAJOR_TONICS : MINOR_TONICS)[tonic]} ${mode}`;
}

/** The key of a Camelot code: "8B" is C major; null for other text. */
export function keyOfCamelot(code: string): string | null {
  const match = /^(1[0-2]|[1-9])([AB])$/.exec(code);
  if (match === null) return null;
  const major = (7 * (Number(match[1]) + 4)) % 12;
  return match[2] === "B" ? keyText(major, "major") : keyText((major + 9) % 12, "minor");
}

/** The key with the same notes: A minor of C major. */
export function relativeKey(key: string): string | null {
  const match = /^([A-G])([#b]?) (major|minor)$/.exec(key);
  const tonic = match === null ? null : pitchClass(match[1], match[2]);
  if (match === null || tonic === null) return null;
  return match[3] === "major" ? keyText((tonic + 9) % 12, "minor") : keyText((tonic + 3) % 12, "major");
}

/** "A minor", "Am", "F#", "A:min": a key's usual name; null for other text. A name without a mode is major. */
export function readKey(text: string): string | null {
  const match = /^([A-G])([#♯b♭]?)[\s:]*(major|minor|maj|min|m|M|)$/.exec(text.trim());
  const tonic = match === null ? null : pitchClass(match[1], match[2].replace("♯", "#").replace("♭", "b"));
  return match === null || tonic === null ? null : keyText(tonic, modeOf(match[3]));
}

const QUALITIES: Readonly<Record<string, string>> = {
  "": "maj",
  M: "maj",
  maj: "maj",
  major: "maj",
  m: "min",
  "-": "min",
  min: "min",
  minor: "min",
  m7: "min7",
  min7: "min7",
  maj7: "maj7",
  M7: "maj7",
  "7": "7",
  "6": "maj6",
  m6: "min6",
  dim: "dim",
  "°": "dim",
  dim7: "dim7",
  m7b5: "hdim7",
  hdim7: "hdim7",
  aug: "aug",
  "+": "aug",
  sus2: "sus2",
  sus4: "sus4",
  sus: "sus4",
  "9": "9",
  maj9: "maj9",
  m9: "min9",
  min9: "min9",
  add9: "add9",
};

/** How a chord's quality and bass may be written, longest first. */
export const CHORD_QUALITY = Object.keys(QUALITIES)
  .filter((quality) => quality !== "" && quality !== "-")
  .sort((a, b) => b.length - a.length)
  .map((quality) => quality.replace(/[+]/g, "\\$&"))
  .join("|");

/** A chord in one spelling after Harte, "A:min7", "G:maj/B"; null for other text. */
export function readChord(text: string): string | null {
  const match = /^([A-G])([#♯b♭]?)\s?:?([^/]*?)(?:\/(.+))?$/.exec(text.trim());
  const root = match === null ? null : pitchClass(match[1], match[2].replace("♯", "#").replace("♭", "b"));
  const quality = QUALITIES[match?.[3].trim() ?? "no"];
  if (match === null || root === null || quality === undefined) return null;
  return `${ROOTS[root]}:${quality}${match[4] === undefined ? "" : `/${match[4]}`}`;
}
