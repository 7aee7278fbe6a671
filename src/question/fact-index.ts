/** Facts as they are looked up, and how they are put there. */
import type { LabelFact, NumberFact, Place, Scope, SeriesFact } from "./fact.ts";
import { type Dimension, type FieldUnit, fieldUnit } from "./units.ts";

const DIFFERENCES = /^(?:difference|gain_db|stretch_percent|varispeed_semitones|semitones|.*fold_down_db)$/;

const UNITLESS: FieldUnit = { dimension: "ratio", factor: 1 };
export const COUNT: FieldUnit = { dimension: "count", factor: 1 };

export interface EvidenceIndex {
  /** Those of no long list. */
  readonly numbers: ReadonlyMap<Dimension, readonly NumberFact[]>;
  /** Those of long lists, by the list's name. */
  readonly listed: ReadonlyMap<string, ReadonlyMap<Dimension, readonly NumberFact[]>>;
  readonly labels: readonly LabelFact[];
  readonly series: readonly SeriesFact[];
  /** Ids of the tracks that the results are about. */
  readonly trackIds: ReadonlySet<string>;
  /** Lower-case file names without their endings → ids. */
  readonly trackNames: ReadonlyMap<string, string>;
}

/** An index while results are read. */
export interface Building {
  readonly numbers: Map<Dimension, NumberFact[]>;
  readonly listed: Map<string, Map<Dimension, NumberFact[]>>;
  readonly labels: LabelFact[];
  readonly series: SeriesFact[];
  readonly trackIds: Set<string>;
  readonly trackNames: Map<string, string>;
  /** What was read from fields' names: the same ones come thousands of times. */
  readonly units: Map<string, FieldUnit | null>;
  readonly differences: Map<string, boolean>;
}

/** An index with nothing in it yet. */
export function emptyIndex(): Building {
  return {
    numbers: new Map(),
    listed: new Map(),
    labels: [],
    series: [],
    trackIds: new Set(),
    trackNames: new Map(),
    units: new Map(),
    differences: new Map(),
  };
}

/** "centroid_hz": { "mean": … } has the unit in the name above; shares are of 1. */
export function inheritedUnit(parentName: string, key: string): FieldUnit | null {
  if (parentName === "shares") return { dimension: "ratio", factor: 1 };
  return key === "null_values" || key === "count" || parentName === "" ? null : fieldUnit(parentName);
}

/** Puts a number in, if it has a unit or can be a share. */
export function addNumber(
  index: Building,
  raw: number,
  place: Place,
  scope: Scope,
  name: string,
  unit: FieldUnit | null,
  confidence: (() => number | null) | null,
): void {
  if (!Number.isFinite(raw) || name === "hop_seconds") return;
  const { dimension, factor } = unit ?? UNITLESS;
  // A number without a unit can be a share that an answer gives in percent; beyond 1 it can be nothing.
  if (unit === null && (raw < 0 || raw > 1)) return;
  const isDifference = isDifferenceName(index, name);
  const amount = raw * factor;
  const fact = { scope, place, name, dimension, amount, raw, confidence: confidence?.() ?? null, isDifference };
  keep(index, fact);
}

/** The unit of a field's name, read once. */
export function unitOf({ units }: Building, name: string): FieldUnit | null {
  const known = units.get(name);
  if (known !== undefined) return known;
  const unit = fieldUnit(name);
  units.set(name, unit);
  return unit;
}

function isDifferenceName({ differences }: Building, name: string): boolean {
  const known = differences.get(name) ?? DIFFERENCES.test(name);
  differences.set(name, known);
  return known;
}

/** Puts a fact where claims look for it. */
export function keep(index: Building, fact: NumberFact): void {
  const numbers = fact.scope.longList === null ? index.numbers : listOf(index, fact.scope.longList);
  const facts = numbers.get(fact.dimension);
  if (facts === undefined) numbers.set(fact.dimension, [fact]);
  else facts.push(fact);
}

function listOf({ listed }: Building, name: string): Map<Dimension, NumberFact[]> {
  const found = listed.get(name) ?? new Map<Dimension, NumberFact[]>();
  listed.set(name, found);
  return found;
}

/** "beat_times_seconds" and "chords" → "beat_count" and "chords_count". */
export function countName(list: string): string {
  return `${list.replace(/_times_seconds$/, "")}_count`;
}
