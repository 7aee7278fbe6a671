import { describe, expect, test } from "vitest";
import { F0_CANDIDATES } from "../../src/features/f0-candidates.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { extract } from "./extract.ts";

const RATE = 22_050;
const candidatesOf = (y: Float32Array, blockLength?: number) =>
  extract([y], RATE, ["f0Candidates"], blockLength).f0Candidates;

describe("f0Candidates", () => {
  test.each([1, 255, 256, 257, 5000])("has 1 + floor(n / 256) frames for %i samples", (length) => {
    const { frames, hz, probability, meanSquare, hopSeconds } = candidatesOf(noise(length));
    expect(frames).toBe(1 + Math.floor(length / 256));
    expect([hz.length, probability.length, meanSquare.length]).toEqual([
      frames * F0_CANDIDATES,
      frames * F0_CANDIDATES,
      frames,
    ]);
    expect(hopSeconds).toBeCloseTo(256 / RATE, 12);
  });

  test.each([57, 440, 1800])("has a sine of %i Hz as its first candidate, with its level", (frequency) => {
    const { hz, probability, meanSquare } = candidatesOf(sine(frequency, RATE, RATE, 0.5));
    const frame = 40;
    expect(Math.abs(hz[frame * F0_CANDIDATES] / frequency - 1)).toBeLessThan(0.002);
    const row = probability.subarray(frame * F0_CANDIDATES, (frame + 1) * F0_CANDIDATES);
    expect(row.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0.9);
    expect(Math.abs(meanSquare[frame] / 0.125 - 1)).toBeLessThan(0.1);
  });

  test("stands for the times it says: a change of pitch falls on its frame", () => {
    const y = sine(200, RATE, RATE);
    y.set(sine(300, RATE, RATE / 2), RATE / 2);
    const { hz, hopSeconds } = candidatesOf(y);
    const first = [...hz].filter((_, index) => index % F0_CANDIDATES === 0);
    const change = first.findIndex((value, frame) => frame > 10 && Math.abs(value - 300) < 15);
    expect(Math.abs(change * hopSeconds - 0.5)).toBeLessThan(0.025);
  });

  test("gives the same bits however the stream is cut", () => {
    const y = noise(9000);
    expect(candidatesOf(y, 333)).toEqual(candidatesOf(y));
  });

  test("is empty for an empty stream and has no candidates in silence", () => {
    expect(candidatesOf(new Float32Array(0)).frames).toBe(0);
    expect(candidatesOf(new Float32Array(5000)).hz.every((value) => value === 0)).toBe(true);
  });
});
