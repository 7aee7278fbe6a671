/** Candidates for the fundamental frequency of one frame. */
import { createRealFft } from "./real-fft.ts";

/** Candidates of a frame, likeliest first: the first `count` of each array. */
export interface PeriodCandidates {
  count: number;
  /** Periods in samples, between lags. */
  readonly periods: Float64Array;
  /** Probability of each, in (0, 1]; they sum to at most 1, and what is missing speaks for no period. */
  readonly probabilities: Float64Array;
}

/** An estimator of one frame size, with its tables and scratch memory; one run at a time. */
export interface PeriodEstimator {
  /** Samples that a frame holds. */
  readonly frameLength: number;
  /** Finds the candidates of a frame and writes them into `candidates`; a constant frame, as silence, has none. */
  apply(frame: Float64Array, candidates: PeriodCandidates): void;
}

/** Candidates that a frame can have. */
export const MAX_CANDIDATES = 4;
/** A frame below this mean square after its mean is taken out is constant to rounding. */
const CONSTANT = 1e-20;

/** An empty list of candidates. */
export function createCandidates(): PeriodCandidates {
  return {
    count: 0,
    periods: new Float64Array(MAX_CANDIDATES),
    probabilities: new Float64Array(MAX_CANDIDATES),
  };
}

/**
 * Makes an estimator of periods from `minPeriod` to `maxPeriod` samples in frames of `frameLength`, a power of two.
 * YIN: the cumulative mean normalised difference function over a window of frameLength - maxPeriod - 1 samples, by FFT
 * (de Cheveigné & Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA 111(4), 2002, equations
 * 6 to 8), dips between lags by parabola. Each dip that is deeper than all before has the probability that YIN's
 * threshold, drawn from Beta(2, 8), picks it: pYIN (Mauch & Dixon, ICASSP, 2014, section 2.1) in closed form.
 *
 * @throws RangeError for a frame that does not hold two of the longest periods, or a shortest period under two samples.
 */
export function createPeriodEstimator(frameLength: number, minPeriod: number, maxPeriod: number): PeriodEstimator {
  if (frameLength < 2 * maxPeriod + 2 || minPeriod < 2 || minPeriod >= maxPeriod) {
    throw new RangeError(
      `Periods of ${minPeriod} to ${maxPeriod} samples do not fit a frame of ${frameLength}; expected at least two of the longest.`,
    );
  }
  const difference = createDifferenceFunction(frameLength, maxPeriod + 1);
  const normalised = new Float64Array(maxPeriod + 2);
  return {
    frameLength,
    apply(frame, candidates) {
      candidates.count = 0;
      const d = difference(frame);
      if (d === null) return;
      let sum = 0;
      normalised[0] = 1;
      for (let lag = 1; lag < normalised.length; lag++) {
        sum += d[lag];
        normalised[lag] = sum > 0 ? (d[lag] * lag) / sum : 1;
      }
      collectDips(d, normalised, minPeriod, maxPeriod, candidates);
    },
  };
}

/** Σ (y[n] - y[n + lag])² over a fixed window for lags 0 to `lastLag`, or null for a constant frame. */
function createDifferenceFunction(frameLength: number, lastLag: number): (frame: Float64Array) => Float64Array | null {
  const windowLength = frameLength - lastLag;
  const fft = createRealFft(frameLength);
  const centred = new Float64Array(frameLength);
  const head = new Float64Array(frameLength);
  const [headRe, headIm] = [new Float64Array(fft.bins), new Float64Array(fft.bins)];
  const [wholeRe, wholeIm] = [new Float64Array(fft.bins), new Float64Array(fft.bins)];
  const product = new Float64Array(frameLength);
  const result = new Float64Array(lastLag + 1);

  return (frame) => {
    let mean = 0;
    for (let n = 0; n < frameLength; n++) mean += frame[n] / frameLength;
    let energy = 0;
    for (let n = 0; n < frameLength; n++) {
      centred[n] = frame[n] - mean;
      energy += centred[n] * centred[n];
    }
    if (!(energy > CONSTANT * frameLength)) return null;
    head.set(centred.subarray(0, windowLength));
    fft.forward(head, headRe, headIm);
    fft.forward(centred, wholeRe, wholeIm);
    // The inverse by a forward transform: the Hartley transform, real minus imaginary part, is its own inverse.
    for (let k = 0; k < fft.bins; k++) {
      const re = headRe[k] * wholeRe[k] + headIm[k] * wholeIm[k];
      const im = headRe[k] * wholeIm[k] - headIm[k] * wholeRe[k];
      product[k] = re - im;
      if (k > 0 && k < fft.bins - 1) product[frameLength - k] = re + im;
    }
    fft.forward(product, headRe, headIm);
    let headEnergy = 0;
    for (let n = 0; n < windowLength; n++) headEnergy += centred[n] * centred[n];
    let tailEnergy = headEnergy;
    for (let lag = 0; lag <= lastLag; lag++) {
      const correlation = (headRe[lag] - headIm[lag]) / frameLength;
      result[lag] = Math.max(0, headEnergy + tailEnergy - 2 * correlation);
      tailEnergy += centred[windowLength + lag] ** 2 - centred[lag] ** 2;
    }
    return result;
  };
}

/** Goes through the dips by lag; each that is deeper than those before takes the thresholds between. */
function collectDips(
  d: Float64Array,
  normalised: Float64Array,
  minPeriod: number,
  maxPeriod: number,
  candidates: PeriodCandidates,
): void {
  let lowest = 1;
  for (let lag = Math.ceil(minPeriod); lag <= maxPeriod; lag++) {
    const depth = normalised[lag];
    if (depth >= lowest || depth > normalised[lag - 1] || depth >= normalised[lag + 1]) continue;
    const probability = thresholdBelow(lowest) - thresholdBelow(depth);
    lowest = depth;
    insert(candidates, lag + dipOffset(d[lag - 1], d[lag], d[lag + 1]), probability);
  }
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
