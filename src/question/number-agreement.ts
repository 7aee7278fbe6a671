/** Whether a measured number agrees with a written one, within what the writing leaves open. */
import type { NumberCandidate } from "./candidate-claim.ts";

/** "about" allows this much. */
const APPROXIMATELY = 0.02;
/** Beyond this much "about" is wrong; between the two it is neither. */
const NOT_EVEN_ABOUT = 0.05;
/** A range holds the measured value if it is no wider than this share of its middle, or this many decibels. */
const NARROW_SHARE = 0.25;
const NARROW_DECIBELS = 4;
const LEVELS = new Set(["lufs", "lu", "db", "dbfs", "dbtp"]);
/** Of rounding in floating point. */
const EPSILON = 1e-9;

/** 112 agrees with 111.5 to 112.5, 112.0 with 111.95 to 112.05, "about 112" with 2 % more and less. */
export function agrees(claim: NumberCandidate, amount: number): boolean {
  const { below, above } = tolerance(claim, APPROXIMATELY);
  return amount >= claim.amount - below && amount <= claim.amount + above;
}

/** Whether a measured number is clearly another one; for a range, outside of it. */
export function contradicts(claim: NumberCandidate, amount: number): boolean {
  const { below, above } = tolerance(claim, NOT_EVEN_ABOUT);
  const { from, to } = claim.range ?? { from: claim.amount, to: claim.amount };
  return amount < from - below || amount > to + above;
}

/** Whether it lies in the range that the claim is an end of; wide ranges say nothing. */
export function isWithinRange(claim: NumberCandidate, amount: number): boolean {
  if (claim.range === null) return false;
  const { from, to } = claim.range;
  const width = to - from;
  const isNarrow = LEVELS.has(claim.dimension)
    ? width <= NARROW_DECIBELS
    : width <= NARROW_SHARE * Math.abs(from + to) * 0.5;
  return isNarrow && amount >= from - claim.below && amount <= to + claim.above;
}

/** "below −1 dBTP" is right for −1.2. */
export function satisfiesBound({ bound, amount: limit }: NumberCandidate, amount: number): boolean {
  return (bound === "below" && amount <= limit) || (bound === "above" && amount >= limit);
}

function tolerance(claim: NumberCandidate, share: number): { below: number; above: number } {
  const slack = EPSILON * Math.max(1, Math.abs(claim.amount));
  const about = claim.approximate ? share * Math.abs(claim.amount) : 0;
  return { below: Math.max(claim.below, about) + slack, above: Math.max(claim.above, about) + slack };
}
