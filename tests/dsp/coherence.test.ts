import { describe, expect, test } from "vitest";
import { lagSamples, meanCoherence } from "../../src/dsp/coherence.ts";
import { extract } from "../features/extract.ts";
import { noise } from "../fixtures/signals.ts";

const RATE = 44_100;
const LENGTH = 10 * RATE;

function pairOf(left: Float32Array, right: Float32Array) {
  const { pair } = extract([left, right], RATE, ["sampledSpectra"]).sampledSpectra;
  if (pair === null) throw new Error("Two channels make a pair.");
  return pair;
}

const delayed = (y: Float32Array, samples: number) => y.map((_, n) => y[n - samples] ?? 0);

describe("coherence", () => {
  test.each([0, 2, 441, 1500])("is near 1 for a channel that lags by %i samples, and finds the lag", (samples) => {
    const y = noise(LENGTH);
    const pair = pairOf(y, delayed(y, samples));
    expect(meanCoherence(pair)).toBeGreaterThan(0.9 - samples / 8000);
    expect(lagSamples(pair)).toBe(samples);
    expect(lagSamples(pairOf(delayed(y, samples), y))).toBe(-samples + 0);
  });

  test("is low for unrelated channels", () => {
    expect(meanCoherence(pairOf(noise(LENGTH, 1), noise(LENGTH, 2)))).toBeLessThan(0.3);
  });

  test("is NaN, at no lag, in silence", () => {
    const pair = pairOf(new Float32Array(LENGTH), new Float32Array(LENGTH));
    expect(meanCoherence(pair)).toBeNaN();
    expect(lagSamples(pair)).toBe(0);
  });
});
