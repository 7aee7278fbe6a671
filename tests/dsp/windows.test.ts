import { expect, test } from "vitest";
import { hannWindow, kaiserBeta, kaiserWindow } from "../../src/dsp/windows.ts";

test("makes the periodic Hann window", () => {
  const window = hannWindow(8);
  expect(window[0]).toBe(0);
  expect(window[4]).toBe(1);
  expect(window[2]).toBeCloseTo(0.5, 15);
  expect(window[1]).toBeCloseTo(window[7], 15);
  expect(window.reduce((sum, value) => sum + value, 0)).toBeCloseTo(4, 12);
});

test("makes the Kaiser window from the Bessel function I0", () => {
  // I0(5) = 27.2398718236, I0(3) = 4.8807925859 (Abramowitz & Stegun, table 9.8): sqrt(1 - 0.8²) = 0.6.
  expect(kaiserWindow(0, 5)).toBe(1);
  expect(kaiserWindow(0.8, 5)).toBeCloseTo(4.8807925859 / 27.2398718236, 9);
  expect(kaiserWindow(-0.8, 5)).toBe(kaiserWindow(0.8, 5));
  expect(kaiserWindow(1.01, 5)).toBe(0);
  expect(kaiserBeta(100)).toBeCloseTo(10.06, 2);
});
