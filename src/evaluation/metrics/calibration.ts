/** A wrong answer that was certain would cost without limit. */
const MIN_CHANCE = 0.001;

/** An answer with the confidence that it claims. */
export interface Claim {
  /** In [0, 1]. */
  readonly confidence: number;
  readonly correct: boolean;
  /** How much it counts, such as the seconds it holds for; 1 by default. */
  readonly weight?: number;
}

export interface ReliabilityBin {
  /** The bin holds confidences from here up to, but not including, `to` (the last one includes 1). */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly meanConfidence: number;
  /** Share that was right, by weight. */
  readonly accuracy: number;
}

export interface Calibration {
  readonly count: number;
  /** Mean squared distance between confidence and outcome (1 right, 0 wrong), in [0, 1]. */
  readonly brier: number;
  /** Mean negative logarithm of the chance given to what was so; a chance counts as at least 0.001. */
  readonly logLoss: number;
  /** Mean over the claims of their bin's distance between confidence and accuracy, in [0, 1]. */
  readonly expectedCalibrationError: number;
  /** Bins of equal width; empty ones are left out. */
  readonly bins: readonly ReliabilityBin[];
}

/**
 * Whether confidences mean what they say. Brier, "Verification of Forecasts Expressed in Terms of Probability", Monthly Weather
 * Review 78(1), 1950; log loss: Good, "Rational Decisions", JRSS B 14(1), 1952; expected calibration error: Naeini, Cooper & Hauskrecht, "Obtaining Well Calibrated Probabilities Using
 * Bayesian Binning", AAAI 2015. Means are weighted. Null without claims.
 */
export function calibration(claims: readonly Claim[], binCount = 10): Calibration | null {
  if (claims.length === 0) return null;
  const bins: ReliabilityBin[] = [];
  let distance = 0;
  for (let bin = 0; bin < binCount; bin++) {
    const inside = claims.filter(({ confidence }) => Math.min(binCount - 1, Math.floor(confidence * binCount)) === bin);
    if (inside.length === 0) continue;
    bins.push({
      from: bin / binCount,
      to: (bin + 1) / binCount,
      count: inside.length,
      meanConfidence: mean(inside, ({ confidence }) => confidence),
      accuracy: mean(inside, outcome),
    });
    const weight = inside.reduce((sum, claim) => sum + weightOf(claim), 0);
    distance += weight * Math.abs(bins[bins.length - 1].meanConfidence - bins[bins.length - 1].accuracy);
  }
  return {
    count: claims.length,
    brier: mean(claims, (claim) => (claim.confidence - outcome(claim)) ** 2),
    logLoss: mean(
      claims,
      ({ confidence, correct }) => -Math.log(Math.max(MIN_CHANCE, correct ? confidence : 1 - confidence)),
    ),
    expectedCalibrationError: distance / claims.reduce((sum, claim) => sum + weightOf(claim), 0),
    bins,
  };
}

function outcome({ correct }: Claim): number {
  return correct ? 1 : 0;
}

function weightOf({ weight = 1 }: Claim): number {
  return weight;
}

function mean(claims: readonly Claim[], quantity: (claim: Claim) => number): number {
  const total = claims.reduce((sum, claim) => sum + weightOf(claim), 0);
  return claims.reduce((sum, claim) => sum + weightOf(claim) * quantity(claim), 0) / total;
}
