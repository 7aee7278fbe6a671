/** The lines that stand out of a spectrum. */
import { powerToDecibels } from "./decibels.ts";
import { isGreatest, parabolicHeight, parabolicOffset } from "./peaks.ts";

export interface SpectralPeak {
  /** Position between bins, in bins. */
  readonly bin: number;
  /** Power at that position, dB re 1. */
  readonly db: number;
}

/** Within the main lobe of a Hann window there is one line. */
const LOBE_BINS = 3;
/** What a peak rises above the valleys on both sides of it; averaged noise ripples by less. */
const PROMINENCE_DB = 6;
/** Further below the strongest line there are only the far skirts of others and rounding. */
const RANGE_DB = 60;

/**
 * The strongest lines of a power spectrum, strongest first, at most `count`: bins that are the greatest of their lobe, stand
 * out of the valleys on both sides by 6 dB (topographic prominence), and are at most 60 dB below the strongest. Bins below
 * `firstBin` (at least 1) are left out. Silence gives none. Position and level come from a parabola through the logarithms
 * (Smith & Serra, "PARSHL", ICMC, 1987), exact to a twentieth of a bin under a Hann window.
 */
export function spectralPeaks(power: Float64Array, firstBin: number, count: number): SpectralPeak[] {
  const db = Float64Array.from(power, (value) => powerToDecibels(Math.max(value, Number.MIN_VALUE)));
  const peaks: SpectralPeak[] = [];
  for (let bin = firstBin; bin < power.length - 1; bin++) {
    if (power[bin] === 0 || !isGreatest(power, bin, LOBE_BINS, LOBE_BINS)) continue;
    if (prominence(db, bin) < PROMINENCE_DB) continue;
    const offset = parabolicOffset(db[bin - 1], db[bin], db[bin + 1]);
    peaks.push({ bin: bin + offset, db: parabolicHeight(db[bin - 1], db[bin], db[bin + 1], offset) });
  }
  peaks.sort((a, b) => b.db - a.db);
  return peaks.filter((peak) => peak.db > peaks[0].db - RANGE_DB).slice(0, count);
}

/** How far a peak stands above the higher of the lowest points between it and something higher, or the edge, on each side. */
function prominence(db: Float64Array, peak: number): number {
  return db[peak] - Math.max(lowestUntilHigher(db, peak, -1), lowestUntilHigher(db, peak, 1));
}

function lowestUntilHigher(db: Float64Array, peak: number, step: number): number {
  let lowest = db[peak];
  for (let bin = peak + step; bin >= 0 && bin < db.length && db[bin] <= db[peak]; bin += step) {
    lowest = Math.min(lowest, db[bin]);
  }
  return lowest;
}
