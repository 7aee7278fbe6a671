import { describe, expect, test } from "vitest";
import { openFlatTopDetector } from "../../src/dsp/flat-tops.ts";
import { noise, sine } from "../fixtures/signals.ts";

const RATE = 44_100;

function regionsOf(y: Float32Array, blockLength = y.length) {
  const detector = openFlatTopDetector(RATE);
  for (let start = 0; start < y.length; start += blockLength) detector.push(y.subarray(start, start + blockLength));
  return detector.end();
}

describe("openFlatTopDetector", () => {
  test("finds every top of a sine that was cut off, and where", () => {
    const y = sine(441, RATE, RATE, 1).map((value) => Math.max(-0.6, Math.min(0.6, value)));
    const regions = regionsOf(y);
    expect(regions.length).toBe(2);
    for (const { start, end, level, runs } of regions) {
      expect(Math.abs(level)).toBeCloseTo(0.6, 6);
      expect(runs).toBe(441);
      expect(end - start).toBeGreaterThan(0.99 * RATE);
    }
    const clipped = y.reduce((count, value) => count + (Math.abs(value) > 0.5999 ? 1 : 0), 0);
    expect(regions.reduce((sum, { samples }) => sum + samples, 0)).toBe(clipped);
  });

  test("separates what lies more than 0.1 s apart", () => {
    const y = new Float32Array(RATE);
    for (const start of [10_000, 12_000, 30_000]) y.fill(0.8, start, start + 5);
    expect(regionsOf(y)).toEqual([
      { start: 10_000, end: 12_005, level: Math.fround(0.8), runs: 2, samples: 10 },
      { start: 30_000, end: 30_005, level: Math.fround(0.8), runs: 1, samples: 5 },
    ]);
  });

  test.each([20, 50, 997])("takes no smooth top for flat: a sine of %i Hz in 16 bits", (hz) => {
    for (const amplitude of [1, 0.3, 0.06]) {
      const y = sine(hz, RATE, RATE, amplitude).map((value) => Math.round(value * 32_767) / 32_768);
      expect(regionsOf(y)).toEqual([]);
    }
  });

  test("takes no step of 8 bits for a corner", () => {
    expect(regionsOf(sine(100, RATE, RATE, 0.7).map((value) => Math.round(value * 128) / 128))).toEqual([]);
  });

  test("finds next to nothing in noise, and nothing in silence or emptiness", () => {
    expect(regionsOf(noise(10 * RATE)).length).toBeLessThan(3);
    expect(regionsOf(new Float32Array(1000))).toEqual([]);
    expect(regionsOf(new Float32Array(0))).toEqual([]);
  });

  test("finds the same however the signal is cut", () => {
    const y = noise(RATE, 2, 1).map((value) => Math.max(-0.7, Math.min(0.7, value)));
    const whole = regionsOf(y);
    expect(whole.length).toBeGreaterThan(1);
    for (const blockLength of [1, 100, 4096]) expect(regionsOf(y, blockLength)).toEqual(whole);
  });
});
