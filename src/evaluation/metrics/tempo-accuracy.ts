const TOLERANCE = 0.04;
/** What Acc2 forgives: another metrical level. */
const LEVELS = [1, 2, 3, 1 / 2, 1 / 3];

/**
 * Accuracy 1: whether a tempo is within 4 % of one of the references. Gouyon et al., "An Experimental Comparison of Audio Tempo
 * Induction Algorithms", IEEE TASLP 14(5), 2006. Tempi in BPM; null (no tempo) is wrong.
 */
export function isTempoRight(referencesBpm: readonly number[], estimatedBpm: number | null): boolean {
  return estimatedBpm !== null && referencesBpm.some((reference) => isClose(reference, estimatedBpm));
}

/** Accuracy 2: as accuracy 1, where double, triple, half and a third of a reference are right too. */
export function isTempoRightUpToLevel(referencesBpm: readonly number[], estimatedBpm: number | null): boolean {
  return isTempoRight(
    referencesBpm.flatMap((reference) => LEVELS.map((level) => level * reference)),
    estimatedBpm,
  );
}

function isClose(reference: number, estimated: number): boolean {
  return Math.abs(estimated - reference) <= TOLERANCE * reference;
}
