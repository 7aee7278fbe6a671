import { expect, test } from "vitest";
import { columnOf, framesAbove } from "../../src/agents/frame-columns.ts";

test("framesAbove gives the frames over a bound, in order, and none of what is at it, -Infinity or NaN", () => {
  const levels = Float32Array.of(-10, -40, -20, Number.NEGATIVE_INFINITY, Number.NaN, -39);
  expect([...framesAbove(levels, -40)]).toEqual([0, 2, 5]);
  expect([...framesAbove(new Float32Array(0), -40)]).toEqual([]);
});

test("columnOf takes one column at the chosen frames", () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
  expect([...columnOf(values, 3, 1, Uint32Array.of(0, 2))]).toEqual([2, 8]);
  expect([...columnOf(values, 3, 1, new Uint32Array(0))]).toEqual([]);
});
