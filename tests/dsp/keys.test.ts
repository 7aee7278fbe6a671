import { describe, expect, test } from "vitest";
import { KEYS, keyCorrelations } from "../../src/dsp/keys.ts";
import { indexOfGreatest } from "../../src/dsp/viterbi.ts";

const C_MAJOR_TRIAD_AND_SCALE = [3, 0, 1, 0, 2, 1, 0, 3, 0, 1, 0, 1];
const A_MINOR = [2, 0, 1, 0, 2, 1, 0, 1, 0.5, 3, 0, 1];

describe("keyCorrelations", () => {
  test("finds every transposition of a major and of a minor distribution", () => {
    for (let tonic = 0; tonic < 12; tonic++) {
      const shifted = (chroma: readonly number[]) => chroma.map((_, index) => chroma[(index - tonic + 12) % 12]);
      expect(indexOfGreatest(keyCorrelations(shifted(C_MAJOR_TRIAD_AND_SCALE)))).toBe(tonic);
      expect(indexOfGreatest(keyCorrelations(shifted(A_MINOR)))).toBe(12 + ((tonic + 9) % 12));
    }
  });

  test("lies in [-1, 1], whatever the scale and offset", () => {
    const scores = keyCorrelations(A_MINOR);
    expect(scores.length).toBe(KEYS);
    for (const [key, score] of keyCorrelations(A_MINOR.map((value) => 7 * value + 2)).entries()) {
      expect(Math.abs(score)).toBeLessThanOrEqual(1);
      expect(score).toBeCloseTo(scores[key], 10);
    }
  });

  test("is 0 for an even distribution and for silence", () => {
    for (const chroma of [new Array(12).fill(0.3), new Array(12).fill(0)]) {
      expect(keyCorrelations(chroma).every((score) => score === 0)).toBe(true);
    }
  });
});
