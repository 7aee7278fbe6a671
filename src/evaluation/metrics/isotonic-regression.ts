/** From scored answers to a table of chances that never falls as the evidence grows. */

/** An answer: what spoke for it, and whether it was right. */
export interface EvidencedAnswer {
  readonly evidence: number;
  readonly correct: boolean;
  /** How much it counts, such as its seconds; 1 by default. */
  readonly weight?: number;
}

export interface ChancePoint {
  readonly evidence: number;
  readonly chance: number;
}

interface Block {
  weight: number;
  right: number;
  evidence: number;
}

/** Answers that a bin holds at least, so that no point rests on a few. */
const MIN_ANSWERS = 16;
const MAX_BINS = 8;
/** Answers of the overall share that each bin is mixed with: no chance is 0 or 1. */
const PRIOR_ANSWERS = 2;

/**
 * Isotonic regression: answers are cut by evidence into at most 8 bins of at least 16, each bin's share of right answers is
 * drawn towards the overall share (a Beta prior worth two answers), and neighbours that fall are pooled (pool adjacent
 * violators). A point lies at the mean evidence of each pool; between them the chance runs linearly. Ascending; none without
 * answers. Zadrozny & Elkan, "Transforming Classifier Scores into Accurate Multiclass Probability Estimates", KDD 2002.
 */
export function isotonicChances(answers: readonly EvidencedAnswer[]): ChancePoint[] {
  const finite = answers.filter(({ evidence, weight = 1 }) => Number.isFinite(evidence) && weight > 0);
  if (finite.length === 0) return [];
  const all = blockOf(finite);
  const each = all.weight / finite.length;
  // Laplace's rule: the overall share is no certainty either.
  const share = (all.right + each) / (all.weight + 2 * each);
  const prior = PRIOR_ANSWERS * each;
  const blocks = binsOf(finite).map((bin) => {
    const block = blockOf(bin);
    return { ...block, shrunk: { weight: block.weight + prior, right: block.right + prior * share } };
  });
  return poolAdjacentViolators(blocks.map(({ shrunk, evidence }) => ({ ...shrunk, evidence }))).map(
    ({ weight, right, evidence }) => ({ evidence, chance: right / weight }),
  );
}

/** Merges blocks, in order of evidence, until none has a lower share than the one before it. */
function poolAdjacentViolators(blocks: readonly Block[]): Block[] {
  const pools: Block[] = [];
  for (const block of blocks) {
    pools.push(block);
    for (let last = pools.length - 1; last > 0; last--) {
      if (shareOf(pools[last - 1]) < shareOf(pools[last])) break;
      pools.splice(last - 1, 2, merged(pools[last - 1], pools[last]));
    }
  }
  return pools;
}

/** Ascending bins of about equal counts; answers of equal evidence stay together. */
function binsOf(answers: readonly EvidencedAnswer[]): EvidencedAnswer[][] {
  const sorted = [...answers].sort((a, b) => a.evidence - b.evidence);
  const size = Math.max(MIN_ANSWERS, sorted.length / MAX_BINS);
  const bins: EvidencedAnswer[][] = [];
  let bin: EvidencedAnswer[] = [];
  for (const [index, answer] of sorted.entries()) {
    const isFull = bin.length >= size && sorted.length - index >= size;
    if (isFull && answer.evidence > bin[bin.length - 1].evidence) {
      bins.push(bin);
      bin = [];
    }
    bin.push(answer);
  }
  return [...bins, bin];
}

function blockOf(answers: readonly EvidencedAnswer[]): Block {
  let [weight, right, evidence] = [0, 0, 0];
  for (const answer of answers) {
    const counts = answer.weight ?? 1;
    weight += counts;
    right += answer.correct ? counts : 0;
    evidence += counts * answer.evidence;
  }
  return { weight, right, evidence: evidence / weight };
}

function merged(a: Block, b: Block): Block {
  const weight = a.weight + b.weight;
  return { weight, right: a.right + b.right, evidence: (a.weight * a.evidence + b.weight * b.evidence) / weight };
}

function shareOf({ right, weight }: Block): number {
  return right / weight;
}
