import { describe, expect, test } from "vitest";
import { findPulse, peakTime } from "../../src/dsp/pulse.ts";
import { activationOf, pulse } from "./activations.ts";

/** What is found where beats sound at the times given, and downbeats at every third or fourth. */
function pulseOf(times: readonly number[], beatsPerBar: number, seconds = 40) {
  const downbeats = times.filter((_, index) => index % beatsPerBar === 0);
  const activations = {
    beat: activationOf(times, seconds),
    downbeat: activationOf(downbeats, seconds, 0.8),
    change: new Float32Array(Math.round(seconds * 50)),
    hopSeconds: 0.02,
  };
  return { downbeats, activations, found: findPulse(activations) };
}

describe("findPulse", () => {
  test.each([
    [72.5, 4],
    [97.3, 3],
    [124, 4],
    [168, 3],
  ])("finds tempo, beats, downbeats and meter at %f BPM in bars of %i", (bpm, beatsPerBar) => {
    const truth = pulse(bpm, 40);
    const { downbeats, found } = pulseOf(truth, beatsPerBar);
    expect(Math.abs((found?.tempoBpm ?? 0) / bpm - 1)).toBeLessThan(0.002);
    expect(found?.meters[0].beatsPerBar).toBe(beatsPerBar);
    expect(found?.beats.length).toBe(truth.length);
    for (const [index, time] of truth.entries())
      expect(Math.abs((found?.beats[index] ?? 0) - time)).toBeLessThan(0.006);
    for (const [index, time] of downbeats.entries()) {
      expect(Math.abs((found?.downbeats[index] ?? 0) - time)).toBeLessThan(0.006);
    }
  });

  test("leaves out beats before the music begins and after it ends", () => {
    const truth = pulse(120, 25, 10);
    const { found } = pulseOf(truth, 4);
    expect(found?.beats[0]).toBeCloseTo(10, 1);
    expect(Math.abs((found?.beats.length ?? 0) - truth.length)).toBeLessThanOrEqual(1);
  });

  test("keeps to a range of tempi", () => {
    const { activations } = pulseOf(pulse(120, 40), 4);
    expect(findPulse(activations, { minBpm: 50, maxBpm: 80 })?.tempoBpm).toBeCloseTo(60, 0);
    expect(findPulse(activations, { minBpm: 200, maxBpm: 300 })?.tempoBpm).toBeCloseTo(240, 0);
  });

  test("is clearer where the beats are", () => {
    const nothing = new Float32Array(2000);
    const faint = {
      ...pulseOf(pulse(120, 40), 4).activations,
      beat: activationOf(pulse(120, 40), 40, 0.3),
      downbeat: nothing,
    };
    expect(findPulse(faint)?.clarity).toBeLessThan(pulseOf(pulse(120, 40), 4).found?.clarity ?? 0);
  });

  test("finds none in nothing", () => {
    for (const frames of [0, 60]) {
      const nothing = new Float32Array(frames);
      expect(findPulse({ beat: nothing, downbeat: nothing, change: nothing, hopSeconds: 0.02 })).toBeNull();
    }
  });
});

test("peakTime is between frames where a peak is, and never before the start", () => {
  expect(peakTime(Float32Array.of(0, 0.8, 1, 0.6), 2, 0.02)).toBeCloseTo(0.04 - 0.02 * (0.2 / 1.2), 6);
  expect(peakTime(Float32Array.of(1, 0.2), 0, 0.02)).toBe(0);
  expect(peakTime(Float32Array.of(0, 0.5, 1), 1, 0.02)).toBe(0.02);
});
