/** Candidates for the fundamental frequency of frames. */
import { openLagComparison } from "./lag-comparison.ts";
import { evenSeriesAt } from "./sinc-interpolation.ts";

/** Candidates of a frame, likeliest first: the first `count` of each array. */
export interface PeriodCandidates {
  count: number;
  /** Periods in samples, between lags. */
  readonly periods: Float64Array;
  /** Probability of each, in (0, 1]; they sum to at most 1, and what is missing speaks for no period. */
  readonly probabilities: Float64Array;
}

/** An estimator of one frame size, with its tables and memory; one run at a time. */
export interface PeriodEstimator {
  /** The samples of the frames, `hopLength` apart: frame t begins at t · hopLength. */
  readonly samples: Float32Array;
  /** Analyses the first `frames` frames of the samples. */
  run(frames: number): void;
  /** Writes the candidates of a frame of the last run into `candidates`; a constant frame, as silence, has none. */
  read(frame: number, candidates: PeriodCandidates): void;
  /** The mean square of the samples of a frame of the last run. */
  meanSquare(frame: number): number;
}

/** Candidates that a frame can have; with four, multiples of a high voice's period crowd it out. */
export const MAX_CANDIDATES = 6;
/**
 * What a period of twice the length must be ahead in depth, and the spread of depths between candidates that are as
 * good. 0.02 to 0.04 and 0.03 to 0.08 gave the same within 0.2 %.
 */
const OCTAVE_COST = 0.03;
const DEPTH_SPREAD = 0.05;
/** A frame below this mean square, or this share of its mean's square, after its mean is taken out is constant to rounding. */
const CONSTANT = { absolute: 1e-20, relative: 1e-13 };

/** An empty list of candidates. */
export function createCandidates(): PeriodCandidates {
  return {
    count: 0,
    periods: new Float64Array(MAX_CANDIDATES),
    probabilities: new Float64Array(MAX_CANDIDATES),
  };
}

/**
 * Makes an estimator of periods from `minPeriod` to `maxPeriod` samples in up to `maxFrames` frames of `frameLength`, a power
 * of two, at a time. The cumulative mean normalised difference of YIN (de Cheveigné & Kawahara, "YIN, a fundamental frequency
 * estimator for speech and music", JASA 111(4), 2002, equations 6 to 8) over a window of half a frame, with one minus the
 * normalised cross-correlation (Talkin, "A robust algorithm for pitch tracking (RAPT)", Speech Coding and Synthesis, Elsevier,
 * 1995) for the difference, which swelling and fading do not spoil. Every dip is a candidate; its share falls with its depth,
 * between lags by sinc, and with its length (Boersma, IFA Proceedings 17, 1993, equation 26). Together they have the
 * probability that a threshold drawn from Beta(2, 8) lies above the deepest: pYIN (Mauch & Dixon, ICASSP, 2014, section 2.1).
 *
 * @throws RangeError for a frame that does not hold two of the longest periods, or a shortest period under two samples.
 */
export function createPeriodEstimator(
  frameLength: number,
  hopLength: number,
  minPeriod: number,
  maxPeriod: number,
  maxFrames: number,
): PeriodEstimator {
  if (frameLength < 2 * maxPeriod + 2 || minPeriod < 2 || minPeriod >= maxPeriod) {
    throw new RangeError(
      `Periods of ${minPeriod} to ${maxPeriod} samples do not fit a frame of ${frameLength}; expected at least two of the longest.`,
    );
  }
  const lastLag = maxPeriod + 1;
  const windowLength = frameLength / 2;
  const { samples, unlikeness, normalised, rowLength, energy, run } = openLagComparison(
    frameLength,
    hopLength,
    windowLength,
    lastLag,
    maxFrames,
  );
  return {
    samples,
    run,
    read(frame, candidates) {
      candidates.count = 0;
      const [mean, squares] = [energy[2 * frame], energy[2 * frame + 1]];
      if (!(squares > frameLength * (CONSTANT.absolute + CONSTANT.relative * mean * mean))) return;
      const row = frame * rowLength;
      const end = row + lastLag + 1;
      collectDips(unlikeness.subarray(row, end), normalised.subarray(row, end), minPeriod, maxPeriod, candidates);
    },
    meanSquare: (frame) => energy[2 * frame + 1] / frameLength + energy[2 * frame] ** 2,
  };
}

function collectDips(
  unlikeness: Float32Array,
  normalised: Float32Array,
  minPeriod: number,
  maxPeriod: number,
  candidates: PeriodCandidates,
): void {
  let deepest = 1;
  for (let lag = Math.ceil(minPeriod); lag <= maxPeriod; lag++) {
    const here = normalised[lag];
    if (here > normalised[lag - 1] || here >= normalised[lag + 1]) continue;
    const offset = dipOffset(unlikeness[lag - 1], unlikeness[lag], unlikeness[lag + 1]);
    const depth = depthAt(unlikeness, here, lag, offset);
    if (depth >= 1) continue;
    deepest = Math.min(deepest, depth);
    const period = lag + offset;
    insert(candidates, period, Math.exp((1 - depth - OCTAVE_COST * Math.log2(period)) / DEPTH_SPREAD));
  }
  share(candidates, 1 - thresholdBelow(deepest));
}

/** The normalised difference at a dip's lowest point between lags; the divisor hardly changes from lag to lag. */
function depthAt(unlikeness: Float32Array, normalised: number, lag: number, offset: number): number {
  if (unlikeness[lag] === 0) return 0;
  const lowest = Math.max(0, Math.min(unlikeness[lag], evenSeriesAt(unlikeness, lag, offset)));
  return (lowest / unlikeness[lag]) * normalised;
}

/** Scales the candidates' shares to a sum. */
function share({ probabilities, count }: PeriodCandidates, sum: number): void {
  let shares = 0;
  for (let rank = 0; rank < count; rank++) shares += probabilities[rank];
  for (let rank = 0; rank < count; rank++) probabilities[rank] *= sum / shares;
}

/** Where the parabola through three values of a dip has its lowest point. */
function dipOffset(left: number, middle: number, right: number): number {
  const curvature = left - 2 * middle + right;
  return curvature > 0 ? Math.max(-0.5, Math.min(0.5, (left - right) / (2 * curvature))) : 0;
}

/** The distribution function of Beta(2, 8). */
function thresholdBelow(value: number): number {
  const rest = Math.max(0, 1 - value);
  return 1 - rest ** 9 - 9 * (1 - rest) * rest ** 8;
}

/** Keeps the likeliest, in order. */
function insert(candidates: PeriodCandidates, period: number, probability: number): void {
  const { periods, probabilities } = candidates;
  let place = candidates.count;
  while (place > 0 && probabilities[place - 1] < probability) place--;
  if (place === MAX_CANDIDATES || probability <= 0) return;
  const last = Math.min(candidates.count, MAX_CANDIDATES - 1);
  periods.copyWithin(place + 1, place, last);
  probabilities.copyWithin(place + 1, place, last);
  periods[place] = period;
  probabilities[place] = probability;
  candidates.count = last + 1;
}
