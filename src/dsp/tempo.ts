/** Tempo from an onset strength envelope: how strongly it repeats at each tempo, and which of these a listener would tap. */
import { createAutocorrelator } from "./autocorrelation.ts";
import { parabolicOffset } from "./peaks.ts";
import { mean, standardDeviation } from "./statistics.ts";

/** Length and distance of the pieces whose autocorrelations are averaged; long enough for four beats at 30 BPM. */
const WINDOW_SECONDS = 12;
const WINDOW_HOP_SECONDS = 2;
const MAX_LAG_SECONDS = 8;
/** Repetitions of a period that speak for it: the next beat, the second, third and fourth. */
const HARMONICS = 4;
const GRID_STEP = 0.005;
/** The preference of listeners, as librosa has it: 120 BPM, one octave wide. */
const PRIOR_BPM = 120;
const PRIOR_OCTAVES = 1;
/** What repeats this fully at twice the tempo is a train of equal pulses, which has no slower beat. */
const PULSE_TRAIN_SALIENCE = 0.8;
const PULSE_TRAIN_PENALTY = 0.35;
/** How far the first repetition may stay behind the second before every other beat counts as missing. */
const MISSING_BEAT_SLACK = 0.6;
const MAX_CANDIDATES = 5;
const MIN_CANDIDATE_WEIGHT = 0.1;
/** A weaker candidate within this ratio (as a logarithm) of a stronger one is the same tempo. */
const SHOULDER = 0.08;

export interface TempoCandidate {
  readonly bpm: number;
  /** Share of this candidate in the weight of all; they sum to 1. */
  readonly weight: number;
  /** Mean autocorrelation at one to four periods: 1 for a signal that repeats exactly, about 0 for noise. */
  readonly salience: number;
}

/**
 * The tempi between two limits at which an envelope repeats, most likely first, at most five; empty where nothing repeats or
 * the envelope is shorter than four frames. Salience (the mean autocorrelation at one to four periods) is weighed by a
 * log-normal preference around 120 BPM (Ellis, Journal of New Music Research 36(1), 2007, equation 7), and lowered for
 * tempi whose every other beat is missing and for divisions of a train of equal pulses.
 */
export function estimateTempo(
  strength: ArrayLike<number>,
  framesPerSecond: number,
  minBpm: number,
  maxBpm: number,
): TempoCandidate[] {
  const autocorrelation = meanAutocorrelation(smoothed(strength), framesPerSecond);
  const steps = Math.max(1, Math.ceil(Math.log(maxBpm / minBpm) / GRID_STEP));
  const bpmAt = (step: number) => minBpm * (maxBpm / minBpm) ** (step / steps);
  const weights = new Float64Array(steps + 1);
  const saliences = new Float64Array(steps + 1);
  for (let step = 0; step <= steps; step++) {
    const period = (60 * framesPerSecond) / bpmAt(step);
    saliences[step] = salienceAt(autocorrelation, period);
    weights[step] = weightAt(autocorrelation, period, saliences[step], bpmAt(step));
  }
  const candidates: TempoCandidate[] = [];
  for (let step = 0; step <= steps; step++) {
    const left = weights[step - 1] ?? 0;
    const right = weights[step + 1] ?? 0;
    if (!(weights[step] > 0 && weights[step] >= left && weights[step] > right)) continue;
    const offset = step === 0 || step === steps ? 0 : parabolicOffset(left, weights[step], right);
    candidates.push({ bpm: bpmAt(step + offset), weight: weights[step], salience: saliences[step] });
  }
  return strongest(candidates);
}

/** The strongest few, with weights that sum to 1. */
function strongest(candidates: TempoCandidate[]): TempoCandidate[] {
  candidates.sort((a, b) => b.weight - a.weight);
  const kept: TempoCandidate[] = [];
  for (const candidate of candidates) {
    if (kept.length === MAX_CANDIDATES || candidate.weight < MIN_CANDIDATE_WEIGHT * candidates[0].weight) break;
    const isShoulder = kept.some(({ bpm }) => Math.abs(Math.log(candidate.bpm / bpm)) < SHOULDER);
    if (!isShoulder) kept.push(candidate);
  }
  const total = kept.reduce((sum, candidate) => sum + candidate.weight, 0);
  return kept.map((candidate) => ({ ...candidate, weight: candidate.weight / total }));
}

/** A pulse narrower than a frame would repeat well only at whole periods. */
function smoothed(strength: ArrayLike<number>): Float64Array {
  const result = new Float64Array(strength.length);
  for (let t = 0; t < strength.length; t++) {
    result[t] = 0.25 * (strength[t - 1] ?? 0) + 0.5 * strength[t] + 0.25 * (strength[t + 1] ?? 0);
  }
  return result;
}

/**
 * Mean autocorrelation over windows of 12 s, by lag in frames: each window without its mean, divided by its value at lag 0
 * and by the share of frames that the lag leaves. Windows without change count for nothing; all zero if there is no other.
 */
function meanAutocorrelation(strength: Float64Array, framesPerSecond: number): Float64Array {
  const size = Math.min(strength.length, Math.round(WINDOW_SECONDS * framesPerSecond));
  const lags = Math.min(Math.round(MAX_LAG_SECONDS * framesPerSecond), Math.floor((2 * size) / 3));
  const hop = Math.max(1, Math.round(WINDOW_HOP_SECONDS * framesPerSecond));
  const sum = new Float64Array(lags);
  if (size < 4) return sum;
  const autocorrelator = createAutocorrelator(size, lags);
  const products = new Float64Array(lags);
  let windows = 0;
  for (let start = 0; start + size <= strength.length; start += hop) {
    const piece = strength.slice(start, start + size);
    const centre = mean(piece);
    if (standardDeviation(piece) < 1e-6) continue;
    for (let t = 0; t < size; t++) piece[t] -= centre;
    autocorrelator.apply(piece, products);
    for (let lag = 0; lag < lags; lag++) sum[lag] += (products[lag] / products[0]) * (size / (size - lag));
    windows++;
  }
  return windows === 0 ? sum : sum.map((value) => value / windows);
}

/** The autocorrelation between lags; NaN beyond the last. */
function valueAt(autocorrelation: Float64Array, lag: number): number {
  const below = Math.floor(lag);
  if (below + 1 >= autocorrelation.length) return Number.NaN;
  return autocorrelation[below] + (lag - below) * (autocorrelation[below + 1] - autocorrelation[below]);
}

function salienceAt(autocorrelation: Float64Array, period: number): number {
  let sum = 0;
  for (let harmonic = 1; harmonic <= HARMONICS; harmonic++) {
    const value = valueAt(autocorrelation, harmonic * period);
    if (Number.isNaN(value)) return harmonic === 1 ? 0 : sum / (harmonic - 1);
    sum += value;
  }
  return sum / HARMONICS;
}

function weightAt(autocorrelation: Float64Array, period: number, salience: number, bpm: number): number {
  const octaves = Math.log2(bpm / PRIOR_BPM) / PRIOR_OCTAVES;
  const prior = Math.exp(-0.5 * octaves * octaves);
  const first = valueAt(autocorrelation, period);
  const second = valueAt(autocorrelation, 2 * period);
  const present = second > 0 ? share(MISSING_BEAT_SLACK + first / second) : 1;
  const pulseTrain = share((salienceAt(autocorrelation, period / 2) - PULSE_TRAIN_SALIENCE) / 0.1);
  return Math.max(0, salience) * prior * present * (1 - PULSE_TRAIN_PENALTY * pulseTrain);
}

function share(value: number): number {
  return Math.max(0, Math.min(1, value));
}
