/**
 * How well estimated times meet reference times: every time is matched at most once, and as many as possible are.
 * mir_eval.util.match_events and f_measure (Raffel et al., "mir_eval: A Transparent Implementation of Common MIR Metrics",
 * ISMIR 2014).
 */

export interface Detection {
  /** Share of the estimates that are matched, in [0, 1]. */
  readonly precision: number;
  /** Share of the references that are matched, in [0, 1]. */
  readonly recall: number;
  /** Harmonic mean of the two, in [0, 1]; 0 when nothing is matched. */
  readonly fMeasure: number;
  readonly matched: number;
  readonly estimated: number;
  readonly referenced: number;
}

/**
 * Size of the largest one-to-one matching of times (ascending, seconds) at most `windowSeconds` apart. All windows have the
 * same width, so taking the earliest partner in turn is optimal.
 */
export function countMatches(
  reference: readonly number[],
  estimated: readonly number[],
  windowSeconds: number,
): number {
  let next = 0;
  let matched = 0;
  for (const time of estimated) {
    while (next < reference.length && reference[next] < time - windowSeconds) next++;
    if (next === reference.length) break;
    if (reference[next] > time + windowSeconds) continue;
    matched++;
    next++;
  }
  return matched;
}

/** Precision, recall and F-measure of a number of matches; all 0 when either side is empty. */
export function detection(matched: number, estimated: number, referenced: number): Detection {
  const precision = estimated === 0 ? 0 : matched / estimated;
  const recall = referenced === 0 ? 0 : matched / referenced;
  const fMeasure = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, fMeasure, matched, estimated, referenced };
}

/** `detection` of times, in any order; `windowSeconds` as in `countMatches`. */
export function matchEvents(
  reference: readonly number[],
  estimated: readonly number[],
  windowSeconds: number,
): Detection {
  const matched = countMatches(ascending(reference), ascending(estimated), windowSeconds);
  return detection(matched, estimated.length, reference.length);
}

function ascending(times: readonly number[]): number[] {
  return times.toSorted((a, b) => a - b);
}
