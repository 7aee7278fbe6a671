/** The differences of two recordings in plain units, greatest first. */
import { MEASURES, type Measure } from "./measures.ts";

type Json = Readonly<Record<string, unknown>>;

/** Results by agent. */
export type Results = Readonly<Record<string, Json>>;

export interface Difference {
  readonly measure: string;
  readonly value: number;
  readonly reference: number;
  /** Value less reference in the unit of the measure, or the change in percent. */
  readonly difference: number;
  readonly unit: string;
  /** The difference in steps of the measure (measures.ts): 1 is about what is just noticed. */
  readonly steps: number;
  /** "2.3 LU louder". */
  readonly text: string;
}

export interface Comparison {
  /** Ranked by steps; without those that round to 0. */
  readonly differences: readonly Difference[];
  /** What could not be compared, and why. */
  readonly missing: readonly { readonly measure: string; readonly reason: string }[];
}

/** Compares a recording with a reference by every measure whose agent has a result of both. */
export function compareResults(reference: Results, other: Results): Comparison {
  const differences: Difference[] = [];
  const missing: { measure: string; reason: string }[] = [];
  for (const measure of MEASURES) {
    const [before, after] = [reference[measure.agent], other[measure.agent]];
    if (before === undefined || after === undefined) continue;
    const [referenceValue, value] = [valueIn(before, measure), valueIn(after, measure)];
    if (referenceValue === null) missing.push({ measure: measure.name, reason: `reference: ${whyMissing(before)}` });
    else if (value === null) missing.push({ measure: measure.name, reason: whyMissing(after) });
    else differences.push(differenceOf(measure, referenceValue, value));
  }
  const unequal = differences.filter(({ difference }) => difference !== 0);
  return { differences: unequal.sort((a, b) => b.steps - a.steps), missing };
}

/** The number at a measure's place; null where there is none, or none that a ratio can be taken of. */
function valueIn(result: Json, { path, scale }: Measure): number | null {
  let value: unknown = result;
  for (const field of path) value = isJson(value) ? value[field] : null;
  return typeof value === "number" && (scale === "difference" || value > 0) ? value : null;
}

function whyMissing({ why_null: whyNull, why_uncertain: whyUncertain }: Json): string {
  if (typeof whyNull === "string") return whyNull;
  return typeof whyUncertain === "string" ? whyUncertain : "It could not be measured.";
}

function differenceOf(measure: Measure, reference: number, value: number): Difference {
  const floor = measure.floor ?? Number.NEGATIVE_INFINITY;
  const [from, to] = [Math.max(floor, reference), Math.max(floor, value)];
  const exact = measure.scale === "ratio" ? (to / from - 1) * 100 : to - from;
  const difference = rounded(exact, measure.decimals);
  return {
    measure: measure.name,
    value,
    reference,
    difference,
    unit: measure.unit,
    steps: rounded(stepsOf(measure, from, to), 1),
    text: phrase(measure, difference),
  };
}

/** Ratios are counted logarithmically, so that twice and half are equally far. */
function stepsOf({ scale, step }: Measure, from: number, to: number): number {
  return scale === "ratio" ? Math.abs(Math.log(to / from)) / Math.log1p(step / 100) : Math.abs(to - from) / step;
}

function phrase({ unit, decimals, more, less }: Measure, difference: number): string {
  const amount = `${Math.abs(difference).toFixed(decimals)} ${unit}`.trim();
  return `${amount} ${difference < 0 ? less : more}`;
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals)) + 0;
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}
