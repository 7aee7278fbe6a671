/** Downbeats and meter from beats: bars under a hidden Markov model of the place of a beat in its bar. */
import { mean, standardDeviation } from "./statistics.ts";

export interface BarModel {
  /** How common bars of each number of beats are, before anything is heard; sums to 1. */
  readonly meters: readonly { readonly beatsPerBar: number; readonly prior: number }[];
  /** Chance that the next bar has another number of beats. */
  readonly meterChange: number;
  /** Chance that a bar begins too early: it was cut short, or there is a beat too many or too few. */
  readonly brokenBar: number;
  /** Mean log odds of a downbeat at downbeats, in the middle of bars of 4 and 6, and at other beats. */
  readonly downbeatLogOdds: number;
  readonly middleLogOdds: number;
  readonly otherLogOdds: number;
  /** Standard deviation of all three; over twice what is measured, because neighbouring bars err alike. */
  readonly deviation: number;
  /** What a change of the spectrum at a beat counts beside the log odds, both in standard deviations. */
  readonly changeWeight: number;
}

const BAR_MODEL: BarModel = {
  meters: [
    { beatsPerBar: 2, prior: 0.08 },
    { beatsPerBar: 3, prior: 0.15 },
    { beatsPerBar: 4, prior: 0.7 },
    { beatsPerBar: 5, prior: 0.02 },
    { beatsPerBar: 6, prior: 0.03 },
    { beatsPerBar: 7, prior: 0.02 },
  ],
  meterChange: 0.002,
  brokenBar: 0.005,
  downbeatLogOdds: 0.2,
  middleLogOdds: -0.6,
  otherLogOdds: -1.6,
  deviation: 2.8,
  changeWeight: 0.65,
};
/** Log odds count as within this of 0. */
const MAX_LOG_ODDS = 4;
/** Mean and standard deviation over the beats of a usual recording. */
const USUAL_MEAN = -1.4;
const USUAL_SPREAD = 1.35;
/** The least spread that says anything, of log odds and of changes of the spectrum. */
const MIN_SPREAD = 0.4;
const MIN_CHANGE_SPREAD = 0.1;

export interface MeterCandidate {
  readonly beatsPerBar: number;
  /** Mean probability over the beats; those of all candidates sum to 1. */
  readonly weight: number;
}

export interface Bars {
  /** Indices of the beats that begin a bar, ascending. */
  readonly downbeats: readonly number[];
  /** Likeliest first; empty without beats. */
  readonly meters: readonly MeterCandidate[];
}

/**
 * The likeliest bars of 2 to 7 beats (Viterbi), and the share of each meter (forward-backward). `chances` holds the chance, in
 * [0, 1], that a beat is a downbeat, of each beat; `changes` how much the spectrum changes there, for chords change at bars most of all.
 * Rabiner, "A tutorial on hidden Markov models", Proceedings of the IEEE 77(2),
 * 1989; bars as in Böck, Krebs & Widmer, "Joint beat and downbeat tracking with recurrent neural networks", ISMIR, 2016, after
 * the beats and not with them.
 */
export function trackBars(chances: readonly number[], changes: readonly number[], model: BarModel = BAR_MODEL): Bars {
  if (chances.length === 0) return { downbeats: [], meters: [] };
  const places = placesOf(model);
  const evidence = evidenceOf(chances, changes, model).map((logOdds) => likelihoods(logOdds, model));
  const weights = meterWeights(evidence, places, model.meters.length);
  const meters = model.meters.map(({ beatsPerBar }, meter) => ({ beatsPerBar, weight: weights[meter] }));
  return { downbeats: bestDownbeats(evidence, places), meters: meters.sort((a, b) => b.weight - a.weight) };
}

type Role = "downbeat" | "middle" | "other";
type Likelihoods = Readonly<Record<Role, number>>;

/** The states: every place in a bar of every meter, and the ways from one to the next. */
interface Places {
  readonly count: number;
  /** `[state]`: index of its meter, what it is in its bar, and its chance at the start. */
  readonly meter: readonly number[];
  readonly role: readonly Role[];
  readonly prior: readonly number[];
  readonly ways: readonly { readonly from: number; readonly to: number; readonly chance: number }[];
}

function placesOf({ meters, meterChange, brokenBar }: BarModel): Places {
  const states = meters.flatMap(({ beatsPerBar, prior }, meter) =>
    Array.from({ length: beatsPerBar }, (_, place) => ({ meter, place, prior: prior / beatsPerBar })),
  );
  const starts = meters.map((_, meter) => states.findIndex((state) => state.meter === meter));
  const ways = states.flatMap(({ meter, place }, from) => {
    if (place < meters[meter].beatsPerBar - 1) {
      return [
        { from, to: from + 1, chance: 1 - brokenBar },
        { from, to: starts[meter], chance: brokenBar },
      ];
    }
    return meters.map(({ prior }, next) => {
      const changed = (meterChange * prior) / (1 - meters[meter].prior);
      return { from, to: starts[next], chance: next === meter ? 1 - meterChange : changed };
    });
  });
  return {
    count: states.length,
    meter: states.map((state) => state.meter),
    role: states.map(({ meter, place }) => roleOf(place, meters[meter].beatsPerBar)),
    prior: states.map((state) => state.prior),
    ways,
  };
}

function roleOf(place: number, beatsPerBar: number): Role {
  if (place === 0) return "downbeat";
  return beatsPerBar >= 4 && place === beatsPerBar / 2 ? "middle" : "other";
}

/**
 * The log odds of chances, and changes of the spectrum, moved and scaled to the usual mean and spread of log odds: a faint pattern
 * that repeats counts as a clear one.
 */
function evidenceOf(chances: readonly number[], changes: readonly number[], { changeWeight }: BarModel): number[] {
  const logOdds = chances.map((chance) =>
    Math.max(-MAX_LOG_ODDS, Math.min(MAX_LOG_ODDS, Math.log(chance / (1 - chance)))),
  );
  const changed = standardised(changes, MIN_CHANGE_SPREAD);
  const sums = standardised(logOdds, MIN_SPREAD).map((value, beat) => value + changeWeight * changed[beat]);
  return standardised(sums, 1).map((value) => USUAL_MEAN + USUAL_SPREAD * value);
}

/** Values less their mean, over their standard deviation, or over the least spread where that is greater. */
function standardised(values: readonly number[], minSpread: number): number[] {
  const centre = mean(values);
  const spread = Math.max(minSpread, standardDeviation(values));
  return values.map((value) => (value - centre) / spread);
}

/** How likely a beat's log odds of being a downbeat are for a beat of each role, up to a common factor. */
function likelihoods(logOdds: number, model: BarModel): Likelihoods {
  const normal = (mean: number) => Math.exp(-0.5 * ((logOdds - mean) / model.deviation) ** 2);
  return {
    downbeat: normal(model.downbeatLogOdds),
    middle: normal(model.middleLogOdds),
    other: normal(model.otherLogOdds),
  };
}

/** The mean probability of each meter over the beats. */
function meterWeights(evidence: readonly Likelihoods[], places: Places, meters: number): Float64Array {
  const forward = [weighed(Float64Array.from(places.prior), evidence[0], places)];
  for (let beat = 1; beat < evidence.length; beat++) {
    const next = new Float64Array(places.count);
    for (const { from, to, chance } of places.ways) next[to] += forward[beat - 1][from] * chance;
    forward.push(weighed(next, evidence[beat], places));
  }
  const weights = new Float64Array(meters);
  let backward = new Float64Array(places.count).fill(1);
  for (let beat = evidence.length - 1; beat >= 0; beat--) {
    const product = normalised(backward.map((value, state) => value * forward[beat][state]));
    for (const [state, meter] of places.meter.entries()) weights[meter] += product[state] / evidence.length;
    const ahead = weighed(backward, evidence[beat], places);
    backward = new Float64Array(places.count);
    for (const { from, to, chance } of places.ways) backward[from] += ahead[to] * chance;
  }
  return weights;
}

/** The beats at which the likeliest path begins a bar. */
function bestDownbeats(evidence: readonly Likelihoods[], places: Places): number[] {
  let scores = weighed(Float64Array.from(places.prior), evidence[0], places);
  const origins = [new Uint8Array(places.count)];
  for (let beat = 1; beat < evidence.length; beat++) {
    const next = new Float64Array(places.count);
    const origin = new Uint8Array(places.count);
    for (const { from, to, chance } of places.ways) {
      if (scores[from] * chance <= next[to]) continue;
      next[to] = scores[from] * chance;
      origin[to] = from;
    }
    scores = weighed(next, evidence[beat], places);
    origins.push(origin);
  }
  const downbeats: number[] = [];
  let state = scores.indexOf(Math.max(...scores));
  for (let beat = evidence.length - 1; beat >= 0; beat--) {
    if (places.role[state] === "downbeat") downbeats.push(beat);
    state = origins[beat][state];
  }
  return downbeats.reverse();
}

/** Chances times the likelihood of a beat's evidence in each state, scaled to a sum of 1. */
function weighed(chances: Float64Array, evidence: Likelihoods, { role }: Places): Float64Array<ArrayBuffer> {
  return normalised(chances.map((chance, state) => chance * evidence[role[state]]));
}

function normalised(values: Float64Array): Float64Array<ArrayBuffer> {
  let sum = 0;
  for (let n = 0; n < values.length; n++) sum += values[n];
  return Float64Array.from(values, (value) => value / sum);
}
