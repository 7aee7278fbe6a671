/** Keys against each other on the Camelot wheel: what mixes with what, and how far a key must be shifted to mix. */
import { camelot, keyText, type Mode } from "../agents/key-names.ts";

const KEYS = 24;
const NATURALS: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const KEY_NAME = /^([A-Ga-g])([#♯b♭]?)[\s:]*([A-Za-z]*)$/;
/** A single letter tells by its case: Am is minor, AM major. */
const MODES: readonly (readonly [Mode, RegExp])[] = [
  ["minor", /^(m|min|minor)$/],
  ["major", /^(|M|maj|major)$/],
];
const CAMELOT_CODE = /^(1[0-2]|[1-9])\s*([ab])$/i;

/**
 * `neighbour` is a fifth up or down, `diagonal` that and the other mode, `energy_boost` one or two semitones up. The first
 * three are what DJs take for compatible (M. Davis, "Camelot wheel", Mixed In Key).
 */
export type KeyRelation = "same" | "relative" | "neighbour" | "diagonal" | "energy_boost" | "distant";

const COMPATIBLE: ReadonlySet<KeyRelation> = new Set<KeyRelation>(["same", "relative", "neighbour"]);

export interface KeyMatch {
  /** Of the second key to the first. */
  readonly relation: KeyRelation;
  readonly compatible: boolean;
  /** Hours between them on the wheel, and one more for the other mode: 0 to 7. */
  readonly wheelSteps: number;
  /** The smallest shift of the second key that makes it compatible, semitones, -6 to 6. */
  readonly semitones: number;
}

/**
 * The number of a key (agents/key-names.ts) from its name ("A minor", "F#", "Bbm", Harte's "A:min") or Camelot code ("8A"); null for other text.
 * A name without a mode is major.
 */
export function keyNumber(text: string): number | null {
  const code = CAMELOT_CODE.exec(text.trim());
  if (code !== null) return allKeys().find((key) => camelot(key) === `${code[1]}${code[2]?.toUpperCase()}`) ?? null;
  const name = KEY_NAME.exec(text.trim());
  const natural = NATURALS[name?.[1]?.toUpperCase() ?? ""];
  const written = name?.[3] ?? "";
  const mode = MODES.find(([, spelling]) => spelling.test(written.length === 1 ? written : written.toLowerCase()))?.[0];
  if (name === null || natural === undefined || mode === undefined) return null;
  const accidental = name[2] === "" ? 0 : name[2] === "#" || name[2] === "♯" ? 1 : -1;
  return ((natural + accidental + 12) % 12) + (mode === "minor" ? 12 : 0);
}

/** How the second key stands to the first. */
export function matchKeys(first: number, second: number): KeyMatch {
  const relation = relationOf(first, second);
  const hours = (hourOf(second) - hourOf(first) + 12) % 12;
  return {
    relation,
    compatible: COMPATIBLE.has(relation),
    wheelSteps: Math.min(hours, 12 - hours) + (isMajor(first) === isMajor(second) ? 0 : 1),
    semitones: smallestShift(first, second),
  };
}

/** A key and those that mix with it: its relative and its neighbours on the wheel. */
export function compatibleKeys(key: number): number[] {
  return allKeys().filter((other) => COMPATIBLE.has(relationOf(key, other)));
}

/** A key moved by whole semitones. */
export function transpose(key: number, semitones: number): number {
  return (((((key % 12) + semitones) % 12) + 12) % 12) + (isMajor(key) ? 0 : 12);
}

/** "A minor (8A)". */
export function describeKey(key: number): string {
  return `${keyText(key)} (${camelot(key)})`;
}

function relationOf(first: number, second: number): KeyRelation {
  const hours = (hourOf(second) - hourOf(first) + 12) % 12;
  const isFifth = hours === 1 || hours === 11;
  if (isMajor(first) !== isMajor(second)) return hours === 0 ? "relative" : isFifth ? "diagonal" : "distant";
  if (hours === 0) return "same";
  if (isFifth) return "neighbour";
  // Two hours on are two semitones up, seven are one.
  return hours === 2 || hours === 7 ? "energy_boost" : "distant";
}

function smallestShift(first: number, second: number): number {
  for (let size = 0; size <= 6; size++) {
    for (const shift of [size, -size]) {
      if (COMPATIBLE.has(relationOf(first, transpose(second, shift)))) return shift === 0 ? 0 : shift;
    }
  }
  return 0;
}

function hourOf(key: number): number {
  return Number.parseInt(camelot(key), 10);
}

function isMajor(key: number): boolean {
  return key < 12;
}

function allKeys(): number[] {
  return Array.from({ length: KEYS }, (_, key) => key);
}
