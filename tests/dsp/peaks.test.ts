import { describe, expect, test } from "vitest";
import { parabolicHeight, parabolicOffset, pickPeaks } from "../../src/dsp/peaks.ts";

const RULE = { maxBefore: 1, maxAfter: 1, meanBefore: 3, meanAfter: 3, delta: 0.5, wait: 1 };

describe("pickPeaks", () => {
  test("finds the tops that stand out of their surroundings", () => {
    expect(pickPeaks([0, 0, 3, 0, 0, 0, 0.4, 0, 0, 0, 2, 1, 0], RULE)).toEqual([2, 10]);
  });

  test("takes the first of equal neighbours, and waits", () => {
    expect(pickPeaks([0, 0, 2, 2, 0, 0], RULE)).toEqual([2]);
    expect(pickPeaks([0, 0, 3, 0, 3, 0, 0], { ...RULE, wait: 3 })).toEqual([2]);
  });

  test("finds peaks at both ends and none in a flat or empty curve", () => {
    expect(pickPeaks([5, 0, 0, 0, 0, 5], RULE)).toEqual([0, 5]);
    expect(pickPeaks([1, 1, 1, 1], RULE)).toEqual([]);
    expect(pickPeaks([], RULE)).toEqual([]);
  });
});

describe("the parabola through three values", () => {
  test("has its top where y = 4 - (x - 0.3)² has it", () => {
    const y = [-1, 0, 1].map((x) => 4 - (x - 0.3) ** 2);
    const offset = parabolicOffset(y[0], y[1], y[2]);
    expect(offset).toBeCloseTo(0.3, 12);
    expect(parabolicHeight(y[0], y[1], y[2], offset)).toBeCloseTo(4, 12);
  });

  test("stays in the middle on a line and within half a step on a slope", () => {
    expect(parabolicOffset(1, 2, 3)).toBe(0);
    expect(parabolicOffset(0, 1, 1.99)).toBe(0.5);
  });
});
