export interface Key {
  /** Semitones above C, 0 to 11. */
  readonly tonic: number;
  readonly mode: "major" | "minor";
}

const NATURALS: Readonly<Record<string, number>> = { c: 0, d: 2, e: 4, f: 5, g: 7, a: 9, b: 11 };
const KEY = /^([a-g])([#b]*) (major|minor)$/;

/** The key written as `Bb minor` or `C# major` (case does not matter), or null for any other text. */
export function parseKey(text: string): Key | null {
  const [, letter = "", accidentals = "", mode] = KEY.exec(text.trim().toLowerCase()) ?? [];
  const natural = NATURALS[letter];
  if (natural === undefined || (mode !== "major" && mode !== "minor")) return null;
  let tonic = natural;
  for (const accidental of accidentals) tonic += accidental === "#" ? 1 : -1;
  return { tonic: modulo12(tonic), mode };
}

/**
 * MIREX score of a key: 1 for the same, 0.5 for the same mode a perfect fifth above the reference, 0.3 for the relative, 0.2
 * for the parallel key, else 0; null (no key) is 0. mir_eval.key.weighted_score with its defaults; MIREX since 2017 also gives
 * 0.5 for a fifth below.
 */
export function keyScore(reference: Key, estimated: Key | null): number {
  if (estimated === null) return 0;
  const interval = modulo12(estimated.tonic - reference.tonic);
  if (estimated.mode === reference.mode) return interval === 0 ? 1 : interval === 7 ? 0.5 : 0;
  if (interval === (reference.mode === "major" ? 9 : 3)) return 0.3;
  return interval === 0 ? 0.2 : 0;
}

function modulo12(semitones: number): number {
  return ((semitones % 12) + 12) % 12;
}
