import { expect, test } from "vitest";
import { createAutocorrelator } from "../../src/dsp/autocorrelation.ts";
import { noise } from "../fixtures/signals.ts";

test("agrees with the sum of products at every lag, without wrapping round", () => {
  const y = Float64Array.from(noise(300));
  const result = new Float64Array(200);
  createAutocorrelator(300, 200).apply(y, result);
  for (let lag = 0; lag < 200; lag++) {
    let expected = 0;
    for (let n = 0; n + lag < y.length; n++) expected += y[n] * y[n + lag];
    expect(result[lag]).toBeCloseTo(expected, 10);
  }
});

test("forgets the signal before, and gives zeros for zeros", () => {
  const autocorrelator = createAutocorrelator(8, 4);
  const result = new Float64Array(4);
  autocorrelator.apply(new Float64Array(8).fill(1), result);
  expect(result[3]).toBeCloseTo(5, 12);
  autocorrelator.apply(new Float64Array(8), result);
  expect(Array.from(result, Math.abs)).toEqual([0, 0, 0, 0]);
});
