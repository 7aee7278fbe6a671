import { describe, expect, test } from "vitest";
import { recurrenceNovelty, squaredDistances } from "../../src/dsp/recurrence.ts";
import { noise } from "../fixtures/signals.ts";
import { referenceRecurrence, referenceSquaredDistances } from "./reference/comparisons.ts";

const DIMENSIONS = 6;

describe("squaredDistances", () => {
  test("is symmetric, 0 on the diagonal, and Euclid's", () => {
    const distances = squaredDistances(Float64Array.of(0, 0, 3, 4, 3, 0), 2);
    expect([...distances]).toEqual([0, 25, 9, 25, 0, 16, 9, 16, 0]);
  });
});

describe("recurrenceNovelty", () => {
  test("peaks where a passage that returns begins and ends, though neither sounds unlike its surroundings", () => {
    // Each is like its neighbours only; the passage of 24 vectors at 30 comes again at 80.
    const vectors = Float64Array.from({ length: 120 * DIMENSIONS }, (_, index) => Math.floor(index / DIMENSIONS));
    vectors.copyWithin(80 * DIMENSIONS, 30 * DIMENSIONS, 54 * DIMENSIONS);
    const novelty = recurrenceNovelty(squaredDistances(vectors, DIMENSIONS), 120);
    const mean = novelty.reduce((sum, value) => sum + value, 0) / novelty.length;
    for (const place of [30, 54, 80, 104]) {
      expect(Math.max(...novelty.subarray(place - 2, place + 3))).toBeGreaterThan(2 * mean);
    }
    expect(Math.max(...novelty)).toBe(1);
  });

  test.each([5, 40, 131])("agrees with its definition on %i vectors", (count) => {
    const vectors = Float64Array.from(noise(count * DIMENSIONS, 6), (value, index) => value + ((index * 7) % 60) / 20);
    const expected = referenceRecurrence(referenceSquaredDistances(vectors, DIMENSIONS));
    const novelty = recurrenceNovelty(squaredDistances(vectors, DIMENSIONS), count);
    expect(novelty.length).toBe(count + 1);
    for (const [boundary, value] of novelty.entries()) expect(value).toBeCloseTo(expected[boundary], 5);
  });

  test("is 0 for fewer than three vectors", () => {
    expect([...recurrenceNovelty(new Float32Array(4), 2)]).toEqual([0, 0, 0]);
    expect([...recurrenceNovelty(new Float32Array(0), 0)]).toEqual([0]);
  });
});
