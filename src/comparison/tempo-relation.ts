/** Tempi against each other: how much one must be stretched to run with the other. */

/** What the second tempo is counted against: the first itself, its half or its double. */
const FACTORS = { same: 1, half: 0.5, double: 2 } as const;

export type TempoRelation = keyof typeof FACTORS;

export interface TempoMatch {
  /** Which multiple of the first tempo the second is nearest to. */
  readonly relation: TempoRelation;
  /** The change of speed by which the second reaches it, percent: above 0 is faster. */
  readonly stretchPercent: number;
  /** How far its pitch moves when the speed is changed without keeping the pitch (varispeed), semitones. */
  readonly varispeedSemitones: number;
}

/** The smallest stretch of the second tempo that makes the two run together, at half or double tempo too. Both in BPM, above 0. */
export function matchTempi(firstBpm: number, secondBpm: number): TempoMatch {
  const octaves = (relation: TempoRelation) => Math.log2((firstBpm * FACTORS[relation]) / secondBpm);
  const relations: readonly TempoRelation[] = ["same", "half", "double"];
  const relation = relations.reduce((best, next) => (Math.abs(octaves(next)) < Math.abs(octaves(best)) ? next : best));
  return {
    relation,
    stretchPercent: (2 ** octaves(relation) - 1) * 100,
    varispeedSemitones: 12 * octaves(relation),
  };
}
