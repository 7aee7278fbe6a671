import { describe, expect, test } from "vitest";
import { interpolated, matchedError, predictionError, predictionErrorFilter } from "../../src/dsp/linear-prediction.ts";
import { noise } from "../fixtures/signals.ts";

const ORDER = 6;

/** Noise through two poles at radius 0.95. */
function resonance(length: number): Float64Array {
  const y = Float64Array.from(noise(length, 5, 0.1));
  for (let n = 2; n < length; n++) y[n] += 1.6 * y[n - 1] - 0.9025 * y[n - 2];
  return y;
}

describe("predictionErrorFilter", () => {
  test("finds the poles that a noise went through", () => {
    const filter = predictionErrorFilter(resonance(20_000), ORDER);
    const expected = [1, -1.6, 0.9025, 0, 0, 0, 0];
    expect(filter.length).toBe(expected.length);
    for (const [k, value] of expected.entries()) expect(Math.abs(filter[k] - value)).toBeLessThan(0.08);
  });

  test("leaves silence and nothing as they are", () => {
    expect([...predictionErrorFilter(new Float64Array(100), 3)]).toEqual([1, 0, 0, 0]);
    expect([...predictionErrorFilter(new Float64Array(0), 3)]).toEqual([1, 0, 0, 0]);
  });
});

test("predictionError and matchedError agree with their definitions in ranges of any length, and are 0 elsewhere", () => {
  const y = resonance(60);
  const filter = Float64Array.from(noise(ORDER + 1, 2));
  for (const [from, to] of [
    [ORDER, 60],
    [ORDER, ORDER],
    [11, 40],
    [20, 21],
    [53, 60],
  ]) {
    const error = predictionError(y, filter, from, to);
    const matched = matchedError(y, filter, from, to);
    for (let n = 0; n < 60; n++) {
      const isIn = n >= from && n < to;
      const [before, after] = [-1, 1].map((step) =>
        filter.reduce((sum, weight, k) => sum + weight * (y[n + step * k] ?? 0), 0),
      );
      expect(error[n]).toBeCloseTo(isIn ? before : 0, 12);
      expect(matched[n]).toBeCloseTo(isIn ? after : 0, 12);
    }
  }
});

test("interpolated brings back samples of what its filter tells exactly", () => {
  const y = Float64Array.from({ length: 80 }, (_, n) => Math.cos(0.4 * n));
  const filter = Float64Array.of(1, -2 * Math.cos(0.4), 1);
  const repaired = interpolated(y.slice().fill(9, 40, 45), filter, 40, 45);
  for (let n = 0; n < 80; n++) expect(repaired[n]).toBeCloseTo(y[n], 9);
});
