/** An answer with the confidence that it claims. */
export interface Claim {
  /** In [0, 1]. */
  readonly confidence: number;
  readonly correct: boolean;
}

export interface ReliabilityBin {
  /** The bin holds confidences from here up to, but not including, `to` (the last one includes 1). */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly meanConfidence: number;
  /** Share that was right. */
  readonly accuracy: number;
}

export interface Calibration {
  readonly count: number;
  /** Mean squared distance between confidence and outcome (1 right, 0 wrong), in [0, 1]. */
  readonly brier: number;
  /** Mean over the claims of their bin's distance between confidence and accuracy, in [0, 1]. */
  readonly expectedCalibrationError: number;
  /** Bins of equal width; empty ones are left out. */
  readonly bins: readonly ReliabilityBin[];
}

/**
 * Whether confidences mean what they say. Brier, "Verification of Forecasts Expressed in Terms of Probability", Monthly Weather
 * Review 78(1), 1950; expected calibration error: Naeini, Cooper & Hauskrecht, "Obtaining Well Calibrated Probabilities Using
 * Bayesian Binning", AAAI 2015. Null without claims.
 */
export function calibration(claims: readonly Claim[], binCount = 10): Calibration | null {
  if (claims.length === 0) return null;
  const bins: ReliabilityBin[] = [];
  for (let bin = 0; bin < binCount; bin++) {
    const inside = claims.filter(({ confidence }) => Math.min(binCount - 1, Math.floor(confidence * binCount)) === bin);
    if (inside.length === 0) continue;
    bins.push({
      from: bin / binCount,
      to: (bin + 1) / binCount,
      count: inside.length,
      meanConfidence: mean(inside.map(({ confidence }) => confidence)),
      accuracy: mean(inside.map(outcome)),
    });
  }
  const weighted = bins.map((bin) => bin.count * Math.abs(bin.meanConfidence - bin.accuracy));
  return {
    count: claims.length,
    brier: mean(claims.map((claim) => (claim.confidence - outcome(claim)) ** 2)),
    expectedCalibrationError: weighted.reduce((sum, value) => sum + value, 0) / claims.length,
    bins,
  };
}

function outcome({ correct }: Claim): number {
  return correct ? 1 : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
