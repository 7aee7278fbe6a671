import { describe, expect, test } from "vitest";
import { openLagComparison } from "../../src/dsp/lag-comparison.ts";
import { noise, sine } from "../fixtures/signals.ts";

const [FRAME, HOP, WINDOW, LAST_LAG] = [512, 128, 256, 222];

/** The definition, in double precision. */
function referenceUnlikeness(frame: Float32Array, mean: number): number[] {
  const y = Float64Array.from(frame, (value) => value - mean);
  return Array.from({ length: LAST_LAG + 1 }, (_, lag) => {
    let [head, tail, correlation] = [0, 0, 0];
    for (let n = 0; n < WINDOW; n++) {
      head += y[n] * y[n];
      tail += y[n + lag] * y[n + lag];
      correlation += y[n] * y[n + lag];
    }
    return Math.max(0, 1 - correlation / Math.sqrt(head * Math.max(tail, 0.01 * head)));
  });
}

describe("openLagComparison", () => {
  test.each([
    ["noise", noise(2000)],
    ["a sine", sine(440, 11_025, 2000)],
    ["a quiet low sine on an offset", sine(60, 11_025, 2000, 1e-3).map((value) => value + 0.25)],
    ["a sound that fades", noise(2000, 4).map((value, n) => value * Math.exp(-n / 20))],
  ])("agrees with double precision on %s", (_name, y) => {
    const frames = 6;
    const { samples, unlikeness, normalised, rowLength, energy, run } = openLagComparison(
      FRAME,
      HOP,
      WINDOW,
      LAST_LAG,
      frames,
    );
    samples.set(y.subarray(0, samples.length));
    run(frames);
    for (let frame = 0; frame < frames; frame++) {
      const own = y.subarray(frame * HOP, frame * HOP + FRAME);
      const mean = own.reduce((sum, value) => sum + value, 0) / FRAME;
      const squares = own.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      expect(energy[2 * frame]).toBeCloseTo(mean, 6);
      expect(Math.abs(energy[2 * frame + 1] / squares - 1)).toBeLessThan(1e-4);
      let sum = 0;
      for (const [lag, value] of referenceUnlikeness(own, mean).entries()) {
        const tolerance = mean > 0.1 ? 1e-3 : 1e-5;
        expect(Math.abs(unlikeness[frame * rowLength + lag] - value)).toBeLessThan(tolerance);
        if (lag > 0) sum += value;
        const ratio = lag === 0 ? 1 : (value * lag) / sum;
        if (lag > 20) expect(Math.abs(normalised[frame * rowLength + lag] - ratio)).toBeLessThan(10 * tolerance);
      }
    }
  });

  test("is undecided in silence and for a constant", () => {
    for (const value of [0, 0.3]) {
      const { samples, normalised, unlikeness, energy, run } = openLagComparison(FRAME, HOP, WINDOW, LAST_LAG, 4);
      samples.fill(value);
      run(4);
      expect(energy[1]).toBe(0);
      expect(unlikeness[100]).toBe(1);
      expect(normalised[100]).toBe(1);
    }
  });

  test("refuses windows and lags that do not fit the frame", () => {
    expect(() => openLagComparison(FRAME, HOP, 300, 222, 4)).toThrow(RangeError);
  });
});
