import { describe, expect, test } from "vitest";
import { whiten } from "../../src/dsp/spectral-whitening.ts";
import { noise } from "../fixtures/signals.ts";

function whitened(spectrum: Float64Array, reach: number): Float64Array {
  const result = new Float64Array(spectrum.length);
  whiten(spectrum, reach, result);
  return result;
}

describe("whiten", () => {
  test("is the excess over the neighbourhood's mean by the root of its deviation", () => {
    const spectrum = Float64Array.from(noise(60, 4), Math.abs);
    whitened(spectrum, 5).forEach((value, index) => {
      const around = [...spectrum.slice(Math.max(0, index - 5), index + 6)];
      const mean = around.reduce((sum, one) => sum + one, 0) / around.length;
      const variance = around.reduce((sum, one) => sum + (one - mean) ** 2, 0) / around.length;
      expect(value).toBeCloseTo(Math.max(0, spectrum[index] - mean) / Math.sqrt(Math.sqrt(variance)), 8);
    });
  });

  test("makes nothing of a constant or of silence", () => {
    for (const level of [0, 0.1, 1e20]) {
      expect(whitened(new Float64Array(40).fill(level), 6).every((value) => value === 0)).toBe(true);
    }
  });
});
