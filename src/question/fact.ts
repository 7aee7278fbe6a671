/** Facts: what the tools' results say, one value each, with its place, time range and confidence. */
import type { Dimension } from "./units.ts";

/** Where a value stands in a result: a chain, so that a path is written only for the values that a claim needs. */
export interface Place {
  readonly parent: Place | null;
  readonly key: string | number;
}

/** What the facts of one object have in common. */
export interface Scope {
  readonly tool: string;
  /** null where a result is about no track, or about several. */
  readonly trackId: string | null;
  readonly fromSeconds: number | null;
  readonly toSeconds: number | null;
  /** A part of the track: a range that was asked for, or an entry with begin and end. */
  readonly isPart: boolean;
  /** Bars or section that were asked for. */
  readonly fromBar: number | null;
  readonly toBar: number | null;
  readonly section: string | null;
  /** An alternative: a candidate that is not the first, or one of a list of candidates. */
  readonly isCandidate: boolean;
  /** The list it is an entry of, where that is long: "notes". Equal numbers are too likely there to go unnamed. */
  readonly longList: string | null;
  /** Names in the same object or above that say what is meant: "streaming", "tempo_bpm". */
  readonly named: string;
}

export interface NumberFact {
  readonly scope: Scope;
  readonly place: Place;
  /** The field that has the unit, and what follows: "centroid_hz.mean". */
  readonly name: string;
  readonly dimension: Dimension;
  /** In the dimension's unit. */
  readonly amount: number;
  /** As it stands in the result. */
  readonly raw: number;
  readonly confidence: number | null;
  /** A difference or a gain: something that "louder" is said of. */
  readonly isDifference: boolean;
}

export interface LabelFact {
  readonly scope: Scope;
  readonly place: Place;
  readonly kind: "key" | "chord" | "section" | "form";
  /** In the spelling of claims. */
  readonly value: string;
  readonly raw: string;
  readonly confidence: number | null;
}

/** Numbers at equal steps, or a list of times. */
export interface SeriesFact {
  readonly scope: Scope;
  readonly place: Place;
  readonly name: string;
  readonly dimension: Dimension;
  readonly factor: number;
  readonly values: readonly unknown[];
  readonly startSeconds: number;
  /** null: a list of times, or values without times. */
  readonly hopSeconds: number | null;
}

/** "tempo_candidates[1].tempo_bpm". */
export function pathText({ parent, key }: Place): string {
  const before = parent === null ? "" : pathText(parent);
  if (typeof key === "number") return `${before}[${key}]`;
  return before === "" ? key : `${before}.${key}`;
}
