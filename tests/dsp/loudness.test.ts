import { describe, expect, test } from "vitest";
import { integratedLoudness, loudnessRange, powerToLufs, slidingMeans } from "../../src/dsp/loudness.ts";

/** The powers of so many blocks of so many LUFS each. */
const powers = (...runs: [lufs: number, count: number][]) =>
  Float64Array.from(runs.flatMap(([lufs, count]) => Array(count).fill(10 ** ((lufs + 0.691) / 10))));

describe("slidingMeans", () => {
  test("averages values a distance apart", () => {
    expect(Array.from(slidingMeans(Float64Array.of(1, 2, 3, 4, 5, 6), 2, 3))).toEqual([2.5, 3.5, 4.5]);
    expect(Array.from(slidingMeans(Float64Array.of(1, 2), 3, 1))).toEqual([]);
  });
});

describe("integratedLoudness", () => {
  test("leaves out blocks below -70 LUFS, then those 10 LU below the mean of the rest", () => {
    expect(integratedLoudness(powers([-23, 100]))).toBeCloseTo(-23, 10);
    expect(integratedLoudness(powers([-23, 100], [-71, 900]))).toBeCloseTo(-23, 10);
    expect(integratedLoudness(powers([-23, 100], [-40, 100]))).toBeCloseTo(-23, 10);
    const withinGate = 10 * Math.log10((10 ** -2.3 + 10 ** -3) / 2);
    expect(integratedLoudness(powers([-23, 100], [-30, 100]))).toBeCloseTo(withinGate, 10);
  });

  test("is NaN where no block passes", () => {
    expect(integratedLoudness(new Float64Array(0))).toBeNaN();
    expect(integratedLoudness(new Float64Array(10))).toBeNaN();
    expect(integratedLoudness(powers([-75, 10]))).toBeNaN();
  });
});

describe("loudnessRange", () => {
  test("runs from the 10th to the 95th percentile of the windows above both gates", () => {
    expect(loudnessRange(powers([-30, 100], [-20, 100]))).toBeCloseTo(10, 6);
    expect(loudnessRange(powers([-30, 100], [-20, 100], [-60, 500], [-90, 500]))).toBeCloseTo(10, 6);
    expect(loudnessRange(powers([-30, 9], [-20, 91]))).toBeCloseTo(0, 6);
    expect(loudnessRange(new Float64Array(5))).toBeNaN();
  });
});

test("powerToLufs has -0.691 for a power of 1", () => expect(powerToLufs(1)).toBe(-0.691));
