import { expect, test } from "vitest";
import { amplitudeToDecibels, powerToDecibels } from "../../src/dsp/decibels.ts";

test("converts powers and amplitudes", () => {
  expect(powerToDecibels(0.5)).toBeCloseTo(-3.0103, 4);
  expect(amplitudeToDecibels(0.5)).toBeCloseTo(-6.0206, 4);
});

test("puts zero at minus infinity", () => {
  expect(powerToDecibels(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(amplitudeToDecibels(0)).toBe(Number.NEGATIVE_INFINITY);
});
