import { describe, expect, test } from "vitest";
import { type Kernel, openKernel } from "../../../src/dsp/kernel/kernel.ts";
import { noise } from "../../fixtures/signals.ts";
import { referenceBends, referenceSquaredDistances } from "../reference/comparisons.ts";

/** A kernel's array that holds the values. */
function placed(kernel: Kernel, values: ArrayLike<number>): Float32Array {
  const array = kernel.floats(values.length);
  array.set(values);
  return array;
}

/** Sum, sum of squares, peak, sign changes and last sign, one sample after the other. */
function referenceLevels(y: ArrayLike<number>, firstSign: number): number[] {
  let [sum, squares, peak, changes, sign] = [0, 0, 0, 0, firstSign];
  for (let n = 0; n < y.length; n++) {
    sum += y[n];
    squares += y[n] * y[n];
    peak = Math.max(peak, Math.abs(y[n]));
    const next = Math.sign(y[n]) || sign;
    if (next * sign < 0) changes++;
    sign = next;
  }
  return [sum, squares, peak, changes, sign];
}

describe("levels", () => {
  const sparse = noise(441, 3).map((value, n) => (n % 7 === 0 || (n > 100 && n < 150) ? 0 : value));
  test.each([
    ["noise", noise(441, 1)],
    ["noise with zeros", sparse],
    ["zeros", new Float32Array(10)],
    ["three samples", Float32Array.of(-0, 0.5, -0.25)],
    ["nothing", new Float32Array(0)],
  ])("agrees with a plain loop on %s, whatever the sign before", (_name, y) => {
    for (const firstSign of [-1, 0, 1]) {
      const kernel = openKernel();
      const samples = placed(kernel, y);
      const state = kernel.doubles(5);
      state[4] = firstSign;
      kernel.functions.levels(samples.byteOffset, y.length, state.byteOffset);
      const expected = referenceLevels(y, firstSign);
      for (const [index, value] of expected.entries()) expect(state[index]).toBeCloseTo(value, 12);
    }
  });
});

test("product sums the products of two signals of any length", () => {
  for (const length of [0, 3, 4, 441]) {
    const kernel = openKernel();
    const [a, b] = [placed(kernel, noise(length, 1)), placed(kernel, noise(length, 2))];
    const expected = a.reduce((sum, value, n) => sum + value * b[n], 0);
    expect(kernel.functions.product(a.byteOffset, b.byteOffset, length)).toBeCloseTo(expected, 12);
  }
});

test.each([8, 44, 45, 191])("sharpestBends finds the greatest second difference of blocks of %i samples", (length) => {
  const kernel = openKernel();
  const y = noise(3 * length + 2, 8).map((value, n) => (n === 2 * length ? 5 : value));
  const samples = placed(kernel, y);
  const target = kernel.floats(3);
  kernel.functions.sharpestBends(samples.byteOffset, 3, length, target.byteOffset);
  const reference = referenceBends(y, length);
  expect(reference.length).toBe(3);
  for (const [block, expected] of reference.entries()) expect(target[block]).toBeCloseTo(expected, 5);
  expect(Math.max(...target)).toBe(target[1]);
});

test("sharpestBends of samples near the greatest float are no NaN", () => {
  const kernel = openKernel();
  const samples = placed(kernel, noise(100, 1, 3e38));
  const target = kernel.floats(2);
  kernel.functions.sharpestBends(samples.byteOffset, 2, 40, target.byteOffset);
  for (const bend of target) expect(bend).toBeGreaterThan(0);
});

test("findRun finds the first of three samples that are nearly equal and loud enough", () => {
  const y = noise(200, 5, 1).map((value) => value + Math.sign(value));
  y.fill(0.01, 20, 30);
  y.set([0.5, 0.5001, 0.4999], 61);
  y.fill(-0.7, 130, 140);
  const kernel = openKernel();
  const samples = placed(kernel, y);
  const find = (start: number, end: number) => kernel.functions.findRun(samples.byteOffset, start, end, 2e-4, 0.05);
  expect(find(0, 198)).toBe(61);
  expect(find(61, 198)).toBe(61);
  expect(find(62, 198)).toBe(130);
  expect(find(138, 198)).toBe(198);
  expect(find(0, 61)).toBe(61);
  expect(find(0, 40)).toBe(40);
});

test("quantise and dequantise keep values between the limits within half a step, and shortfall what lies below a floor", () => {
  const kernel = openKernel();
  const values = noise(64, 7, 60);
  const source = placed(kernel, values);
  const words = kernel.integers(32);
  const target = kernel.floats(64);
  const [least, range] = [-40, 80];
  kernel.functions.quantise(source.byteOffset, 64, least, 65_535 / range, words.byteOffset);
  kernel.functions.dequantise(words.byteOffset, 64, least, range / 65_535, target.byteOffset);
  for (const [n, value] of target.entries()) {
    const limited = Math.max(least, Math.min(least + range, values[n]));
    expect(Math.abs(value - limited)).toBeLessThan(0.000_65);
  }
  kernel.functions.shortfall(source.byteOffset, 64, -10);
  for (const [n, value] of source.entries()) expect(value).toBe(Math.fround(Math.max(0, -10 - values[n])));
});

test("addRows adds any number of rows to the sums", () => {
  const [bins, frames] = [17, 7];
  const kernel = openKernel();
  const rows = placed(kernel, noise(bins * frames, 9));
  const sums = kernel.doubles(bins).fill(1);
  kernel.functions.addRows(rows.byteOffset, frames, bins, sums.byteOffset);
  for (let bin = 0; bin < bins; bin++) {
    let expected = 1;
    for (let frame = 0; frame < frames; frame++) expected += rows[frame * bins + bin];
    expect(sums[bin]).toBeCloseTo(expected, 5);
  }
});

test("extremes finds the greatest and the least values of a stretch of four rows", () => {
  const [rowLength, first, end, count] = [60, 7, 55, 5];
  const kernel = openKernel();
  const values = noise(4 * rowLength, 3);
  values.fill(0.25, 10, 14);
  const rows = placed(kernel, values);
  const target = kernel.floats(8 * count);
  kernel.functions.extremes(rows.byteOffset, rowLength, first, end, count, target.byteOffset);
  for (let row = 0; row < 4; row++) {
    const sorted = values.slice(row * rowLength + first, row * rowLength + end).sort();
    for (let rank = 0; rank < count; rank++) {
      expect(target[4 * rank + row]).toBe(sorted[sorted.length - 1 - rank]);
      expect(target[4 * (count + rank) + row]).toBe(sorted[rank]);
    }
  }
});

test("squaredDistances compares one vector with many", () => {
  const [count, dimensions] = [7, 12];
  const kernel = openKernel();
  const values = noise(count * dimensions, 4);
  const vectors = placed(kernel, values);
  const target = kernel.floats(count);
  const expected = referenceSquaredDistances(values, dimensions);
  for (let a = 0; a < count; a++) {
    const { byteOffset } = vectors;
    const vector = byteOffset + 4 * a * dimensions;
    kernel.functions.squaredDistances(vector, byteOffset, count, dimensions, target.byteOffset);
    for (let b = 0; b < count; b++) expect(target[b]).toBeCloseTo(expected[a][b], 5);
    expect(target[a]).toBe(0);
  }
});
