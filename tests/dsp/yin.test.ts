import { describe, expect, test } from "vitest";
import { createCandidates, createPeriodEstimator } from "../../src/dsp/yin.ts";
import { noise } from "../fixtures/signals.ts";

const estimator = createPeriodEstimator(512, 5, 205);

function candidatesOf(frame: Float64Array) {
  const candidates = createCandidates();
  estimator.apply(frame, candidates);
  return candidates;
}

describe("createPeriodEstimator", () => {
  test.each([11.3, 25, 50.4, 133.7, 200.2])("finds a period of %f samples to a thousandth", (period) => {
    for (let phase = 0; phase < 6; phase++) {
      const { count, periods, probabilities } = candidatesOf(
        Float64Array.from({ length: 512 }, (_, n) => Math.sin((2 * Math.PI * n) / period + phase)),
      );
      expect(count).toBeGreaterThan(0);
      expect(Math.abs(periods[0] / period - 1)).toBeLessThan(0.001);
      expect(probabilities[0]).toBeGreaterThan(0.9);
    }
  });

  test("finds the period of harmonics whose fundamental is missing", () => {
    const frame = Float64Array.from({ length: 512 }, (_, n) =>
      [2, 3, 4, 5].reduce((sum, harmonic) => sum + Math.sin((2 * Math.PI * harmonic * n) / 90), 0),
    );
    expect(candidatesOf(frame).periods[0]).toBeCloseTo(90, 1);
  });

  test("agrees with the difference function written out", () => {
    const frame = Float64Array.from(noise(512, 3));
    const window = 512 - 206;
    const d = Array.from({ length: 207 }, (_, lag) => {
      let sum = 0;
      for (let n = 0; n < window; n++) sum += (frame[n] - frame[n + lag]) ** 2;
      return sum;
    });
    let [sum, lowest] = [0, 1];
    const dips: number[] = [];
    const normalised = d.map((value, lag) => {
      sum += value;
      return lag === 0 ? 1 : (value * lag) / sum;
    });
    for (let lag = 5; lag <= 205; lag++) {
      if (normalised[lag] >= lowest || normalised[lag] > normalised[lag - 1]) continue;
      if (normalised[lag] >= normalised[lag + 1]) continue;
      lowest = normalised[lag];
      dips.push(lag);
    }
    const { count, periods } = candidatesOf(frame);
    expect(count).toBeGreaterThan(0);
    for (let rank = 0; rank < count; rank++) {
      expect(dips.some((lag) => Math.abs(lag - periods[rank]) <= 0.5)).toBe(true);
    }
  });

  test("gives noise no likely candidate, and probabilities that sum to at most 1", () => {
    for (let seed = 1; seed < 20; seed++) {
      const { probabilities } = candidatesOf(Float64Array.from(noise(512, seed)));
      const sum = probabilities.reduce((total, one) => total + one, 0);
      expect(sum).toBeLessThan(0.2);
    }
  });

  test("has no candidate for silence and for a constant", () => {
    for (const level of [0, 0.7]) expect(candidatesOf(new Float64Array(512).fill(level)).count).toBe(0);
  });

  test("refuses periods that do not fit the frame", () => {
    expect(() => createPeriodEstimator(256, 5, 205)).toThrow(RangeError);
    expect(() => createPeriodEstimator(512, 1, 205)).toThrow(RangeError);
  });
});
