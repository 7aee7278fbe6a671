import { describe, expect, test } from "vitest";
import { HALVER_DELAY, openHalver } from "../../src/dsp/half-band.ts";
import { noise } from "../fixtures/signals.ts";

/** The amplitude that a sine at a fraction of the input rate leaves with. */
function gainAt(fraction: number): number {
  const y = Float32Array.from({ length: 4000 }, (_, n) => Math.sin(2 * Math.PI * fraction * n));
  const output = new Float32Array(2000);
  const count = openHalver().push(y, y.length, output);
  return Math.max(...output.subarray(100, count).map(Math.abs));
}

describe("openHalver", () => {
  test("passes what lies below 0.21 of the rate and stops what lies above 0.29", () => {
    for (const fraction of [0.003, 0.0513, 0.1037, 0.1511, 0.2093]) {
      expect(Math.abs(20 * Math.log10(gainAt(fraction)))).toBeLessThan(0.05);
    }
    for (const fraction of [0.2907, 0.3313, 0.4127, 0.4891])
      expect(20 * Math.log10(gainAt(fraction))).toBeLessThan(-49);
  });

  test("keeps the time of an impulse, but for its delay", () => {
    const y = new Float32Array(400);
    y[2 * 90 - HALVER_DELAY] = 1;
    const output = new Float32Array(200);
    openHalver().push(y, y.length, output);
    expect(output.indexOf(Math.max(...output))).toBe(90);
  });

  test("gives the same however the signal is cut", () => {
    const y = noise(1001);
    const whole = new Float32Array(600);
    const count = openHalver().push(y, y.length, whole);
    const halver = openHalver();
    const pieces: number[] = [];
    for (let start = 0; start < y.length; start += 37) {
      const piece = y.subarray(start, start + 37);
      const part = new Float32Array(40);
      pieces.push(...part.subarray(0, halver.push(piece, piece.length, part)));
    }
    expect(pieces).toEqual([...whole.subarray(0, count)]);
  });
});
