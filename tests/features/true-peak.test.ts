import { describe, expect, test } from "vitest";
import { sine } from "../fixtures/signals.ts";
import { extract } from "./extract.ts";

const peaksOf = (channels: Float32Array[]) => extract(channels, 48_000, ["truePeak"]).truePeak;

describe("truePeak", () => {
  test("has the peaks of the loudest channel, and the time", () => {
    const quiet = sine(1000, 48_000, 48_000, 0.25);
    const loud = Float32Array.from({ length: 48_000 }, (_, n) => {
      const amplitude = 0.25 + 0.25 * Math.exp(-(((n - 24_000) / 400) ** 2));
      return amplitude * Math.sin((2 * Math.PI * n) / 4 + Math.PI / 4);
    });
    const { samplePeak, truePeak, truePeakSeconds } = peaksOf([quiet, loud]);
    expect(samplePeak).toBeCloseTo(0.5 * Math.SQRT1_2, 3);
    expect(truePeak).toBeCloseTo(0.5, 2);
    expect(truePeakSeconds).toBeCloseTo(0.5, 2);
  });

  test("is zero in silence and emptiness", () => {
    const none = { samplePeak: 0, truePeak: 0, truePeakSeconds: 0 };
    expect(peaksOf([new Float32Array(100), new Float32Array(100)])).toEqual(none);
    expect(peaksOf([new Float32Array(0)])).toEqual(none);
  });
});
