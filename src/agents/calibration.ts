/** Confidences: from an evidence score of an agent to the measured chance that its answer is right. */
import { CALIBRATION_TABLES } from "./calibration-tables.ts";

/** What has a confidence that is read from a table. */
export type CalibratedQuantity = keyof typeof CALIBRATION_TABLES;

/** Where a table bends: the chance at an evidence, in [0, 1]. */
export interface CalibrationPoint {
  readonly evidence: number;
  readonly chance: number;
}

/** What was measured, and how well the table held on recordings that it was not fitted to. */
export interface CalibrationTable {
  /** Of the agent whose answers were counted; another version may need another table. */
  readonly agent: string;
  readonly agentVersion: number;
  /** Names of the data sets, and how many of each set's recordings (or excerpts of them) had an answer. */
  readonly datasets: readonly { readonly name: string; readonly recordings: number }[];
  readonly answers: number;
  /** By folds of recordings, each read from a table of the other folds. */
  readonly crossValidated: {
    readonly folds: number;
    readonly expectedCalibrationError: number;
    readonly brier: number;
    readonly logLoss: number;
  };
  /** Ascending in evidence, never falling in chance. */
  readonly points: readonly CalibrationPoint[];
}

/**
 * Turns evidence into a confidence. Agents take one so that `npm run calibrate` can read the evidence itself: it hands in
 * the function that returns it unchanged.
 */
export type Calibrate = (quantity: CalibratedQuantity, evidence: number) => number;

const TABLES: Readonly<Record<CalibratedQuantity, CalibrationTable>> = CALIBRATION_TABLES;
const DECIMALS = 2;

/** The measured chance, to two decimals, from the shipped tables (calibration-tables.ts). NaN counts as no evidence. */
export const calibrated: Calibrate = (quantity, evidence) =>
  Number(chanceAt(TABLES[quantity].points, evidence).toFixed(DECIMALS));

/** The description of a confidence field, with the table it is read from: "Measured chance that … (table tempo, 93 recordings)". */
export function chanceDescription(quantity: CalibratedQuantity, claim: string): string {
  const recordings = TABLES[quantity].datasets.reduce((sum, dataset) => sum + dataset.recordings, 0);
  return `Measured chance ${claim} (table ${quantity}, ${recordings} recordings)`;
}

/**
 * The chance at an evidence: linear between points, level above them, and below them falling to 0 at evidence 0, which no
 * answer of the recordings had: what they hold is music, and what is not has less to show for itself. More evidence never
 * lowers it. 0 without points, and for NaN.
 */
export function chanceAt(points: readonly CalibrationPoint[], evidence: number): number {
  if (points.length === 0 || Number.isNaN(evidence)) return 0;
  const next = points.findIndex((point) => !(evidence >= point.evidence));
  if (next === 0) return points[0].chance * (evidence > 0 ? evidence / points[0].evidence : 0);
  const below = points[next === -1 ? points.length - 1 : next - 1];
  if (next === -1) return below.chance;
  const above = points[next];
  const share = (evidence - below.evidence) / (above.evidence - below.evidence);
  return below.chance + share * (above.chance - below.chance);
}
