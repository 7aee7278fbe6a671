import { describe, expect, test } from "vitest";
import { trackBeats } from "../../src/dsp/beat-tracking.ts";
import { estimateTempo } from "../../src/dsp/tempo.ts";
import { noise } from "../fixtures/signals.ts";

const FPS = 50;

/** A pulse a beat on a grid of frames, with the fractions of a frame shared between neighbours. */
function pulses(bpm: number, seconds: number, height: (beat: number) => number = () => 1): Float64Array {
  const strength = new Float64Array(Math.round(seconds * FPS));
  for (let beat = 0; ; beat++) {
    const t = 10 + (beat * 60 * FPS) / bpm;
    const below = Math.floor(t);
    if (below + 1 >= strength.length) return strength;
    strength[below] += (below + 1 - t) * height(beat);
    strength[below + 1] += (t - below) * height(beat);
  }
}

describe("estimateTempo", () => {
  test.each([50, 60, 75, 90, 120, 128.5, 150, 174, 200])("puts an even train of pulses at %f BPM first", (bpm) => {
    const candidates = estimateTempo(pulses(bpm, 30), FPS, 30, 300);
    expect(Math.abs(candidates[0].bpm / bpm - 1)).toBeLessThan(0.01);
    expect(candidates[0].salience).toBeGreaterThan(0.8);
    expect(candidates.reduce((sum, candidate) => sum + candidate.weight, 0)).toBeCloseTo(1, 12);
  });

  test("takes strong and weak pulses in turn for beats and their halves", () => {
    const candidates = estimateTempo(
      pulses(200, 30, (beat) => (beat % 2 === 0 ? 1 : 0.3)),
      FPS,
      30,
      300,
    );
    expect(Math.abs(candidates[0].bpm - 100)).toBeLessThan(1);
    expect(candidates.some((candidate) => Math.abs(candidate.bpm - 200) < 2)).toBe(true);
  });

  test("keeps to the limits", () => {
    const candidates = estimateTempo(pulses(120, 30), FPS, 40, 80);
    expect(Math.abs(candidates[0].bpm - 60)).toBeLessThan(1);
    for (const { bpm } of candidates) expect(bpm).toBeGreaterThanOrEqual(40);
    for (const { bpm } of candidates) expect(bpm).toBeLessThanOrEqual(80);
  });

  test("finds no candidate without change and none of weight in noise", () => {
    for (const length of [0, 1, 3, 4, 1000]) expect(estimateTempo(new Float64Array(length), FPS, 30, 300)).toEqual([]);
    const [first] = estimateTempo(noise(3000), FPS, 30, 300);
    expect(first.salience).toBeLessThan(0.1);
  });
});

describe("trackBeats", () => {
  test("finds every pulse and bridges two that are missing", () => {
    const strength = pulses(120, 20, (beat) => (beat === 11 || beat === 12 ? 0 : 1));
    const beats = trackBeats(strength, 25, 300);
    expect(beats).toEqual(Array.from({ length: beats.length }, (_, beat) => 10 + 25 * beat));
    expect(beats.length).toBe(40);
  });

  test("leaves out the silence before and after", () => {
    const strength = new Float64Array(1000);
    for (let t = 300; t <= 700; t += 25) strength[t] = 1;
    const beats = trackBeats(strength, 25, 300);
    expect(beats[0]).toBe(300);
    expect(beats.at(-1)).toBe(700);
  });

  test("follows a tempo that drifts", () => {
    const truth = [20];
    for (let beat = 0; beat < 30; beat++) truth.push(truth[beat] + 25 + Math.round(beat / 10));
    const strength = new Float64Array(1000);
    for (const t of truth) strength[t] = 1;
    expect(trackBeats(strength, 26, 300)).toEqual(truth);
  });

  test("finds nothing in nothing", () => {
    expect(trackBeats([], 25, 300)).toEqual([]);
    expect(trackBeats(new Float64Array(100), 25, 300)).toEqual([]);
    expect(trackBeats(new Float64Array(100).fill(0.3), 25, 300)).toEqual([]);
  });
});
