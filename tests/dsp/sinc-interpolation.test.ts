import { describe, expect, test } from "vitest";
import { evenSeriesAt } from "../../src/dsp/sinc-interpolation.ts";

describe("evenSeriesAt", () => {
  test.each([3, 5, 12.7])("finds a cosine of period %f between its samples", (period) => {
    const at = (n: number) => Math.cos((2 * Math.PI * n) / period);
    const values = Array.from({ length: 200 }, (_, n) => at(n));
    for (const index of [0, 2, 50, 131]) {
      for (const offset of [-0.5, -0.25, 0, 0.125, 0.5]) {
        expect(Math.abs(evenSeriesAt(values, index, offset) - at(index + offset))).toBeLessThan(0.06);
      }
    }
  });

  test("gives the samples themselves, and a constant everywhere", () => {
    const values = [4, 1, 3, 2, 5];
    for (const [index, value] of values.entries()) expect(evenSeriesAt(values, index, 0)).toBeCloseTo(value, 9);
    expect(evenSeriesAt([2, 2, 2], 2, 0.3)).toBeCloseTo(2, 9);
  });
});
