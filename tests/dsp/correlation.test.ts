import { describe, expect, test } from "vitest";
import { correlation } from "../../src/dsp/correlation.ts";

describe("correlation", () => {
  test("is 1, -1 and 0 for the same, the opposite and the unrelated", () => {
    expect(correlation([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
    expect(correlation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    expect(correlation([1, 2, 1, 2], [1, 1, 2, 2])).toBeCloseTo(0, 12);
    expect(correlation([5, 5], [1, 2])).toBe(0);
  });
});
