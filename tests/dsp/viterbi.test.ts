import { describe, expect, test } from "vitest";
import { bestPath, indexOfGreatest } from "../../src/dsp/viterbi.ts";
import { noise } from "../fixtures/signals.ts";

describe("bestPath", () => {
  test("finds the path that trying all of them finds", () => {
    const [frames, states, cost] = [6, 3, 0.3];
    for (let seed = 1; seed <= 20; seed++) {
      const scores = Float64Array.from(noise(frames * states, seed));
      let best = Number.NEGATIVE_INFINITY;
      for (let code = 0; code < states ** frames; code++) {
        const path = Array.from({ length: frames }, (_, t) => Math.floor(code / states ** t) % states);
        best = Math.max(best, scoreOf(path, scores, states, cost));
      }
      expect(scoreOf([...bestPath(scores, states, cost)], scores, states, cost)).toBeCloseTo(best, 12);
    }
  });

  test("does not change for less than a change costs", () => {
    expect([...bestPath(Float64Array.of(1, 0, 0, 0.5, 1, 0), 2, 1)]).toEqual([0, 0, 0]);
    expect([...bestPath(Float64Array.of(2, 0, 0, 3, 2, 0), 2, 1)]).toEqual([0, 1, 0]);
  });

  test("has no path without frames", () => expect(bestPath(new Float64Array(0), 4, 1).length).toBe(0));
});

test("indexOfGreatest takes the first of equals", () => {
  expect(indexOfGreatest([1, 3, 3])).toBe(1);
  expect(indexOfGreatest([])).toBe(0);
});

function scoreOf(path: readonly number[], scores: Float64Array, states: number, cost: number): number {
  return path.reduce(
    (sum, state, t) => sum + scores[t * states + state] - (t > 0 && path[t - 1] !== state ? cost : 0),
    0,
  );
}
