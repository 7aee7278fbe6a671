import { describe, expect, test } from "vitest";
import { createCandidates, createPeriodEstimator } from "../../src/dsp/yin.ts";
import { noise } from "../fixtures/signals.ts";

const estimator = createPeriodEstimator(512, 128, 5, 205, 1);

function candidatesOf(frame: Float64Array) {
  const candidates = createCandidates();
  estimator.samples.set(frame);
  estimator.run(1);
  estimator.read(0, candidates);
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
      expect(probabilities.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0.9);
    }
  });

  test("finds the period of harmonics whose fundamental is missing", () => {
    const frame = Float64Array.from({ length: 512 }, (_, n) =>
      [2, 3, 4, 5].reduce((sum, harmonic) => sum + Math.sin((2 * Math.PI * harmonic * n) / 90), 0),
    );
    expect(candidatesOf(frame).periods[0]).toBeCloseTo(90, 1);
  });

  test("finds the dips of the normalised difference written out, the likeliest of them the deepest but for its length", () => {
    const frame = Float64Array.from(noise(512, 3));
    const mean = frame.reduce((sum, value) => sum + value, 0) / 512;
    const unlikeness = Array.from({ length: 207 }, (_, lag) => {
      let [product, head, tail] = [0, 0, 0];
      for (let n = 0; n < 256; n++) {
        product += (frame[n] - mean) * (frame[n + lag] - mean);
        head += (frame[n] - mean) ** 2;
        tail += (frame[n + lag] - mean) ** 2;
      }
      return 1 - product / Math.sqrt(head * tail);
    });
    let sum = 0;
    const normalised = unlikeness.map((value, lag) => {
      sum += lag === 0 ? 0 : value;
      return lag === 0 ? 1 : (value * lag) / sum;
    });
    const dips: number[] = [];
    for (let lag = 5; lag <= 205; lag++) {
      if (normalised[lag] <= normalised[lag - 1] && normalised[lag] < normalised[lag + 1]) dips.push(lag);
    }
    const { count, periods } = candidatesOf(frame);
    expect(count).toBeGreaterThan(0);
    for (let rank = 0; rank < count; rank++) {
      expect(dips.some((lag) => Math.abs(lag - periods[rank]) <= 0.5)).toBe(true);
    }
    const score = (lag: number) => normalised[lag] + 0.03 * Math.log2(lag);
    const best = dips.reduce((first, lag) => (score(lag) < score(first) ? lag : first));
    expect(Math.abs(periods[0] - best)).toBeLessThanOrEqual(0.5);
  });

  test("finds the period of a voice that fades by 40 dB a second or swells as fast, with a strong second harmonic", () => {
    for (const growth of [-40, 40]) {
      const frame = Float64Array.from({ length: 512 }, (_, n) => {
        const phase = (2 * Math.PI * n) / 90;
        return 10 ** ((growth * n) / 11_025 / 20) * (0.2 * Math.sin(phase) + Math.sin(2 * phase + 1));
      });
      expect(candidatesOf(frame).periods[0]).toBeCloseTo(90, 0);
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
    expect(() => createPeriodEstimator(256, 128, 5, 205, 1)).toThrow(RangeError);
    expect(() => createPeriodEstimator(512, 128, 1, 205, 1)).toThrow(RangeError);
  });
});
