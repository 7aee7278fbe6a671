import { describe, expect, test } from "vitest";
import { noise, sine } from "../fixtures/signals.ts";
import { extract } from "./extract.ts";

const stepsOf = (channels: Float32Array[], sampleRate = 48_000, blockLength = Number.POSITIVE_INFINITY) =>
  extract(channels, sampleRate, ["loudnessSteps"], blockLength).loudnessSteps;

/** The power of one channel of several, the others silent, in units of that of a single channel. */
function weightOf(channel: number, count: number): number {
  const y = sine(1000, 48_000, 48_000);
  const channels = Array.from({ length: count }, (_, index) => (index === channel ? y : new Float32Array(y.length)));
  return (stepsOf(channels).power.at(-1) ?? 0) / (stepsOf([y]).power.at(-1) ?? 0);
}

describe("loudnessSteps", () => {
  test("has a power every 10 ms, of whole steps only", () => {
    const { power, stepSeconds } = stepsOf([noise(48_000 + 479)]);
    expect(stepSeconds).toBe(0.01);
    expect(power.length).toBe(100);
    expect(stepsOf([noise(11_025)], 11_025).power.length).toBe(100);
    expect(stepsOf([noise(479)]).power.length).toBe(0);
    expect(stepsOf([new Float32Array(0)]).power.length).toBe(0);
  });

  test.each([
    [1, [1]],
    [2, [1, 1]],
    [3, [1, 1, 1]],
    [4, [1, 1, 1.41, 1.41]],
    [5, [1, 1, 1, 1.41, 1.41]],
    [6, [1, 1, 1, 0, 1.41, 1.41]],
    [7, [1, 1, 1, 0, 1, 1.41, 1.41]],
    [8, [1, 1, 1, 0, 1, 1, 1.41, 1.41]],
    [9, Array(9).fill(1)],
  ])("weights %i channels by their places", (count, weights) => {
    expect(weights.length).toBe(count);
    for (const [channel, weight] of weights.entries()) expect(weightOf(channel, count)).toBeCloseTo(weight, 12);
  });

  test("gives the same bits however the signal is cut", () => {
    const channels = [noise(30_000, 1), noise(30_000, 2)];
    const whole = stepsOf(channels, 44_100);
    for (const blockLength of [1, 100, 441, 1000, 44_100])
      expect(stepsOf(channels, 44_100, blockLength)).toEqual(whole);
  });

  test("is zero in silence", () => {
    expect(stepsOf([new Float32Array(48_000)]).power.every((power) => power === 0)).toBe(true);
  });
});
