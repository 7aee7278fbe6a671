/** Whether two recordings can be mixed: tempo and key, with how sure both are. */
import { round } from "../agents/rounding.ts";
import { describeKey, type KeyRelation, keyNumber, matchKeys, transpose } from "./key-relation.ts";
import { matchTempi, type TempoRelation } from "./tempo-relation.ts";

/** What mixing needs to know of a recording. */
export interface Mixable {
  readonly tempoBpm: number | null;
  readonly tempoConfidence: number;
  /** "A minor". */
  readonly key: string | null;
  readonly keyConfidence: number;
}

export interface TempoMix {
  readonly relation: TempoRelation;
  readonly stretchPercent: number;
  readonly varispeedSemitones: number;
  /** The chance that both tempi are right, as if they were independent. */
  readonly confidence: number;
  readonly text: string;
}

export interface KeyMix {
  readonly relation: KeyRelation;
  readonly compatible: boolean;
  readonly wheelSteps: number;
  readonly semitones: number;
  /** The chance that both keys are right, as if they were independent. */
  readonly confidence: number;
  readonly text: string;
}

/** Below, the text says that it is uncertain. */
const SURE = 0.7;
/** A change of speed that is not heard as one, percent. */
const NO_STRETCH = 0.05;

/** How the second recording runs with the first; null when one has no tempo. */
export function mixTempi(first: Mixable, second: Mixable): TempoMix | null {
  if (first.tempoBpm === null || second.tempoBpm === null) return null;
  const { relation, stretchPercent, varispeedSemitones } = matchTempi(first.tempoBpm, second.tempoBpm);
  const confidence = bothRight(first.tempoConfidence, second.tempoConfidence);
  const multiple = relation === "same" ? "" : ` at ${relation} tempo`;
  const size = Math.abs(stretchPercent);
  const change = size < NO_STRETCH ? "no stretch" : `${size.toFixed(1)} % ${stretchPercent > 0 ? "faster" : "slower"}`;
  return {
    relation,
    stretchPercent: round(stretchPercent, 2) ?? 0,
    varispeedSemitones: round(varispeedSemitones, 2) ?? 0,
    confidence,
    text: `${first.tempoBpm} and ${second.tempoBpm} BPM: ${change} to match${multiple}${doubt("tempi", confidence)}`,
  };
}

/** How the second recording's key stands to the first's; null when one has no key. */
export function mixKeys(first: Mixable, second: Mixable, tempo: TempoMix | null): KeyMix | null {
  const [firstKey, secondKey] = [keyOf(first), keyOf(second)];
  if (firstKey === null || secondKey === null) return null;
  const match = matchKeys(firstKey, secondKey);
  const confidence = bothRight(first.keyConfidence, second.keyConfidence);
  const shift = match.semitones === 0 ? "" : `, compatible after ${signed(match.semitones)} semitones`;
  const varispeed = varispeedText(firstKey, secondKey, tempo?.varispeedSemitones ?? 0);
  return {
    ...match,
    confidence,
    text: `${describeKey(firstKey)} and ${describeKey(secondKey)}: ${match.relation.replace("_", " ")}${shift}${varispeed}${doubt("keys", confidence)}`,
  };
}

/** What changing the speed without keeping the pitch makes of the key, where it moves by half a semitone or more. */
function varispeedText(firstKey: number, secondKey: number, semitones: number): string {
  const moved = Math.round(semitones);
  if (moved === 0) return "";
  const key = transpose(secondKey, moved);
  const relation = matchKeys(firstKey, key).relation.replace("_", " ");
  return `; by varispeed it becomes ${describeKey(key)} (${relation})`;
}

function keyOf({ key }: Mixable): number | null {
  return key === null ? null : keyNumber(key);
}

function bothRight(first: number, second: number): number {
  return round(first * second, 2) ?? 0;
}

function doubt(what: string, confidence: number): string {
  return confidence < SURE ? ` (their ${what} are uncertain: ${confidence})` : "";
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value);
}
