import { describe, expect, test } from "vitest";
import { trackBeats } from "../../src/dsp/bar-pointer.ts";
import { activationOf, FRAMES_PER_SECOND, pulse, unreliable } from "./activations.ts";

const RANGE = { minBpm: 55, maxBpm: 215 };
const track = (activation: Float32Array, range = RANGE) =>
  trackBeats(activation, FRAMES_PER_SECOND, range).frames.map((frame) => frame / FRAMES_PER_SECOND);

/** Every beat is within a frame of the truth, and there are as many. */
function expectBeats(found: readonly number[], truth: readonly number[], tolerance = 0.02): void {
  expect(found.length).toBe(truth.length);
  for (const [index, time] of truth.entries())
    expect(Math.abs(found[index] - time)).toBeLessThanOrEqual(tolerance + 1e-9);
}

describe("trackBeats", () => {
  test.each([57, 66.6, 90, 101.3, 128, 155.5, 190, 209])("follows a pulse of %f BPM from time 0 on", (bpm) => {
    const truth = pulse(bpm, 30);
    expectBeats(track(activationOf(truth, 30)), truth);
  });

  test.each([80, 123.4, 171])("follows %f BPM through missing and stray peaks", (bpm) => {
    const truth = pulse(bpm, 40, 0.2);
    const found = track(unreliable(truth, 40, 0.3, 7));
    const met = truth.filter((time) => found.some((beat) => Math.abs(beat - time) <= 0.05));
    expect(met.length / truth.length).toBeGreaterThan(0.97);
    expect(found.length).toBeLessThanOrEqual(truth.length + 2);
  });

  test("follows a tempo that rises by a third in half a minute", () => {
    const truth = [0.4];
    for (;;) {
      const last = truth[truth.length - 1];
      if (last > 29) break;
      truth.push(last + 60 / (90 + last));
    }
    const found = track(activationOf(truth, 30));
    for (const time of truth)
      expect(Math.min(...found.map((beat) => Math.abs(beat - time)))).toBeLessThanOrEqual(0.021);
  });

  test("survives a change of tempo and a cut", () => {
    const truth = [...pulse(100, 20), ...pulse(152, 15).map((time) => time + 20.33)];
    const found = track(activationOf(truth, 36));
    const met = truth.filter((time) => found.some((beat) => Math.abs(beat - time) <= 0.03));
    expect(met.length).toBeGreaterThanOrEqual(truth.length - 2);
    expect(found.length).toBeLessThanOrEqual(truth.length + 2);
  });

  test("goes on through a pause", () => {
    const truth = pulse(120, 30);
    expectBeats(
      track(
        activationOf(
          truth.filter((time) => time < 10 || time > 14),
          30,
        ),
      ),
      truth,
      0.04,
    );
  });

  test("keeps to the range of tempi", () => {
    const activation = activationOf(pulse(120, 20), 20);
    const half = track(activation, { minBpm: 50, maxBpm: 80 });
    expect(Math.abs(half[5] - half[4] - 1)).toBeLessThan(0.05);
    const double = track(activation, { minBpm: 200, maxBpm: 280 });
    expect(Math.abs(double[6] - double[4] - 0.5)).toBeLessThan(0.05);
  });

  test("has a higher score for a clearer pulse", () => {
    const truth = pulse(100, 20);
    const clear = trackBeats(activationOf(truth, 20), FRAMES_PER_SECOND, RANGE);
    const faint = trackBeats(activationOf(truth, 20, 0.3), FRAMES_PER_SECOND, RANGE);
    expect(clear.score).toBeGreaterThan(faint.score);
  });

  test("gives no beats for no frames, and stands one frame", () => {
    expect(track(new Float32Array(0))).toEqual([]);
    expect(track(new Float32Array(1)).length).toBeLessThanOrEqual(1);
    expect(track(new Float32Array(500)).every(Number.isFinite)).toBe(true);
  });
});
