import { expect, test } from "vitest";
import { runningMedian } from "../../src/dsp/running-median.ts";
import { noise } from "../fixtures/signals.ts";

/** Sorts each window anew. */
function slowMedian(values: readonly number[], width: number): number[] {
  const half = (width - 1) / 2;
  const at = (n: number) => values[n < 0 ? -1 - n : n >= values.length ? 2 * values.length - 1 - n : n];
  return values.map((_, n) => {
    const window = Array.from({ length: width }, (_, k) => at(n - half + k));
    return window.sort((a, b) => a - b)[half];
  });
}

test.each([3, 5, 17])("agrees with sorting each window of %i", (width) => {
  // Rounded, so that equal values stand side by side.
  const values = noise(200, 7).map((value) => Math.round(value * 20));
  const target = new Float32Array(values.length);
  runningMedian(values, target, { offset: 0, stride: 1, count: values.length }, width);
  expect([...target]).toEqual(slowMedian([...values], width));
});

test("runs down a column of a matrix and leaves the others alone", () => {
  const values = noise(30 * 4, 9);
  const target = new Float32Array(values.length);
  runningMedian(values, target, { offset: 2, stride: 4, count: 30 }, 5);
  const column = [...values].filter((_, index) => index % 4 === 2);
  expect([...target].filter((_, index) => index % 4 === 2)).toEqual(slowMedian(column, 5));
  expect([...target].some((value, index) => index % 4 !== 2 && value !== 0)).toBe(false);
});
