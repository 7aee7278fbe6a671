import { expect, test } from "vitest";
import { mean, median, percentile, standardDeviation } from "../../src/dsp/statistics.ts";

test("computes mean and population standard deviation", () => {
  expect(mean([1, 2, 3, 6])).toBe(3);
  expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBe(2);
  expect(standardDeviation(new Float32Array(9).fill(5))).toBe(0);
});

test("keeps a small deviation on a great mean", () => {
  expect(standardDeviation([1e9 - 1, 1e9 + 1])).toBe(1);
});

test("interpolates percentiles linearly and leaves the values in their order", () => {
  const values = [15, 20, 35, 40, 50].reverse();
  expect(percentile(values, 0)).toBe(15);
  expect(percentile(values, 40)).toBeCloseTo(29, 12);
  expect(percentile(values, 100)).toBe(50);
  expect(values[0]).toBe(50);
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test("has no statistics of nothing", () => {
  for (const statistic of [mean, standardDeviation, median]) expect(statistic([])).toBeNaN();
});
