import { expect, test } from "vitest";
import { dctRows } from "../../src/dsp/dct.ts";

test("has orthonormal rows, the first of them constant", () => {
  const rows = dctRows(20, 128);
  for (const value of rows[0]) expect(value).toBeCloseTo(1 / Math.sqrt(128), 12);
  for (const [a, b, expected] of [
    [0, 0, 1],
    [3, 3, 1],
    [19, 19, 1],
    [0, 1, 0],
    [4, 17, 0],
  ]) {
    const product = rows[a].reduce((sum, value, n) => sum + value * rows[b][n], 0);
    expect(product).toBeCloseTo(expected, 12);
  }
});

test("transforms 1, 2, 3, 4 as worked by hand", () => {
  const rows = dctRows(4, 4);
  const y = [1, 2, 3, 4];
  const result = [0, 1, 2, 3].map((k) => y.reduce((sum, value, n) => sum + rows[k][n] * value, 0));
  // k = 1: sqrt(1/2) (cos 22.5° - 4 cos 22.5° + 2 cos 67.5° - 3 cos 67.5°)
  expect(result[0]).toBeCloseTo(5, 12);
  expect(result[1]).toBeCloseTo(-Math.SQRT1_2 * (3 * Math.cos(Math.PI / 8) + Math.cos((3 * Math.PI) / 8)), 12);
  expect(result[2]).toBeCloseTo(0, 12);
});
