/** A claim as found in the text, before it is looked for in the evidence. */
import type { Surroundings } from "./answer-text.ts";
import type { Dimension } from "./units.ts";

interface Found {
  /** Place in the answer. */
  readonly start: number;
  readonly end: number;
  /** As the claim says it. */
  readonly value: number | string;
  readonly unit: string | null;
}

export interface NumberCandidate extends Found {
  readonly kind: "number" | "meter";
  readonly value: number | string;
  readonly dimension: Dimension;
  /** In the dimension's unit, with what the digits written leave open below and above. */
  readonly amount: number;
  readonly below: number;
  readonly above: number;
  /** "about". */
  readonly approximate: boolean;
  /** "below −1 dBTP": a number that something is compared with. */
  readonly bound: "below" | "above" | null;
  /** Of "120–125 BPM", both ends, in the dimension's unit. */
  readonly range: { readonly from: number; readonly to: number } | null;
  /** What is counted, singular: "beat"; null for what is not a count. */
  readonly noun: string | null;
  /** Whether a count is said to be of all there is. */
  readonly isTotal: boolean;
}

export interface LabelCandidate extends Found {
  readonly kind: "key" | "chord" | "section";
  readonly value: string;
}

export type Candidate = NumberCandidate | LabelCandidate;

/** A candidate with the words around it. */
export type PlacedCandidate = PlacedNumber | PlacedLabel;

export type PlacedNumber = NumberCandidate & { readonly words: Surroundings };
export type PlacedLabel = LabelCandidate & { readonly words: Surroundings };
