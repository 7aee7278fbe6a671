import { describe, expect, test } from "vitest";
import { noise, sine } from "../fixtures/signals.ts";
import { extract } from "./extract.ts";

const levelOf = (channels: Float32Array[], sampleRate: number) =>
  extract(channels, sampleRate, ["signalLevel"]).signalLevel;

describe("signalLevel", () => {
  test("sums squares, finds the peak and counts crossings over all channels", () => {
    const level = levelOf([Float32Array.of(0.5, -0.25, 0, -0.5), Float32Array.of(0, 0, 0.25, -1)], 8000);
    expect(level.sumOfSquares).toBe(0.25 + 0.0625 + 0.25 + 0.0625 + 1);
    expect(level.peak).toBe(1);
    expect(level.zeroCrossings).toBe(2);
    expect(level.sampleCount).toBe(4);
    expect(level.channels).toBe(2);
  });

  test("counts two crossings a period", () => {
    const { zeroCrossings } = levelOf([sine(1000, 44_100, 44_100)], 44_100);
    expect(Math.abs(zeroCrossings - 2000)).toBeLessThanOrEqual(1);
  });

  test("has a mean square per 0.1 s, also at a rate that ten does not divide", () => {
    const y = new Float32Array(11_025).fill(0.5);
    y.fill(0, 1103, 2205);
    const { windowMeanSquares, windowSeconds } = levelOf([y, y], 11_025);
    expect(windowSeconds).toBe(0.1);
    expect(Array.from(windowMeanSquares)).toEqual([0.25, 0, ...Array(8).fill(0.25)]);
  });

  test("makes a window of the end only when it lasts half a window, or is all there is", () => {
    expect(levelOf([noise(1000 + 49)], 1000).windowMeanSquares.length).toBe(10);
    expect(levelOf([noise(1000 + 50)], 1000).windowMeanSquares.length).toBe(11);
    expect(levelOf([noise(1)], 1000).windowMeanSquares.length).toBe(1);
  });

  test("takes samples that are no numbers as 0 and counts them, and leaves the block as it was", () => {
    const y = Float32Array.of(0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.5);
    const level = levelOf([y, Float32Array.of(0, 0, 0, 0, Number.NaN)], 8000);
    expect(level.nonFiniteCount).toBe(4);
    expect(level.peak).toBe(0.5);
    expect(level.sumOfSquares).toBe(0.5);
    expect(y[1]).toBeNaN();
  });

  test("counts nothing in a clean signal", () => {
    expect(levelOf([noise(1000)], 8000).nonFiniteCount).toBe(0);
  });
});
