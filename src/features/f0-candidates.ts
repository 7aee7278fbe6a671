/** Candidates for the fundamental frequency, frame by frame. */
import { FloatSeries } from "../dsp/float-series.ts";
import { HALVER_DELAY, openHalver } from "../dsp/half-band.ts";
import { createCandidates, createPeriodEstimator, MAX_CANDIDATES } from "../dsp/yin.ts";
import type { Feature } from "./extractor.ts";
import { MONO_SAMPLE_RATE, type MonoChunk, monoSignal } from "./mono-signal.ts";

/** Half the rate of the analysis copy: harmonics above 5 kHz say nothing new about the period, and frames cost half. */
const SAMPLE_RATE = MONO_SAMPLE_RATE / 2;
const FRAME_LENGTH = 512;
/** 11.6 ms. */
const HOP_LENGTH = 128;
/** The kernel takes four at a time. */
const FRAMES_PER_RUN = 32;
/** 49.9 to 2205 Hz. */
const MAX_PERIOD = 221;
const MIN_PERIOD = 5;
/** From a frame's first sample to the time it stands for: the middle of two windows of 23 ms that lie 4.9 ms apart. */
const CENTRE = 155;

export const F0_CANDIDATES = MAX_CANDIDATES;

export interface F0Candidates {
  /** `[frame][candidate]` flat, `F0_CANDIDATES` a frame, likeliest first; 0 where there are fewer. */
  readonly hz: Float32Array;
  /** The same shape: probability of each, in [0, 1]; what a frame's lack to 1 speaks for no pitch. */
  readonly probability: Float32Array;
  /** `[frame]`: mean square of the frame's samples; 0.5 for a full-scale sine. */
  readonly meanSquare: Float32Array;
  readonly frames: number;
  /** Frame t stands for t · hopSeconds. */
  readonly hopSeconds: number;
}

/**
 * The YIN / pYIN candidates (dsp/yin.ts) of frames of 46 ms, 11.6 ms apart, of the analysis copy at half its rate: 49.9
 * to 2205 Hz; steady sines within a cent to 1 kHz, within five to 2 kHz. 52 bytes a frame: 48 MB for three hours.
 * Silence has no candidates, no samples no frames.
 */
export const f0Candidates: Feature<MonoChunk, F0Candidates> = {
  name: "f0Candidates",
  from: monoSignal,
  open() {
    const halver = openHalver();
    const estimator = createPeriodEstimator(FRAME_LENGTH, HOP_LENGTH, MIN_PERIOD, MAX_PERIOD, FRAMES_PER_RUN);
    const candidates = createCandidates();
    const hz = new FloatSeries();
    const probability = new FloatSeries();
    const meanSquare = new FloatSeries();
    const pending = estimator.samples;
    let halved = new Float32Array(0);
    let filled = CENTRE;
    let skip = Math.floor(HALVER_DELAY / 2);
    let sampleCount = 0;

    function analyseFrames(): void {
      estimator.run(FRAMES_PER_RUN);
      for (let frame = 0; frame < FRAMES_PER_RUN; frame++) {
        estimator.read(frame, candidates);
        for (let rank = 0; rank < MAX_CANDIDATES; rank++) {
          const isHeld = rank < candidates.count;
          hz.push(isHeld ? SAMPLE_RATE / candidates.periods[rank] : 0);
          probability.push(isHeld ? candidates.probabilities[rank] : 0);
        }
        meanSquare.push(estimator.meanSquare(frame));
      }
      pending.copyWithin(0, FRAMES_PER_RUN * HOP_LENGTH);
      filled -= FRAMES_PER_RUN * HOP_LENGTH;
    }

    function take(samples: Float32Array, length: number): void {
      if (halved.length < length) halved = new Float32Array(length);
      const count = halver.push(samples, length, halved);
      let start = Math.min(skip, count);
      skip -= start;
      while (start < count) {
        const part = Math.min(count - start, pending.length - filled);
        pending.set(halved.subarray(start, start + part), filled);
        filled += part;
        start += part;
        if (filled === pending.length) analyseFrames();
      }
    }

    return {
      push({ samples, length }) {
        sampleCount += length;
        take(samples, length);
      },
      finish() {
        const frames = sampleCount === 0 ? 0 : 1 + Math.floor(sampleCount / (2 * HOP_LENGTH));
        const silence = new Float32Array(2 * HOP_LENGTH);
        while (meanSquare.length < frames) take(silence, silence.length);
        return {
          hz: hz.toArray().slice(0, frames * MAX_CANDIDATES),
          probability: probability.toArray().slice(0, frames * MAX_CANDIDATES),
          meanSquare: meanSquare.toArray().slice(0, frames),
          frames,
          hopSeconds: HOP_LENGTH / SAMPLE_RATE,
        };
      },
    };
  },
};
