import { describe, expect, test } from "vitest";
import { checkerboardNovelty } from "../../src/dsp/novelty.ts";

/** `[vector][2]` flat: unit vectors at angles in turns of a quarter. */
const quarters = (...turns: number[]) => Float64Array.from(turns.flatMap((turn) => (turn === 0 ? [1, 0] : [0, 1])));
const repeated = (value: number, count: number) => Array.from({ length: count }, () => value);

describe("checkerboardNovelty", () => {
  test("is 1 where the vectors turn by a right angle, and falls off to both sides", () => {
    const novelty = checkerboardNovelty(quarters(...repeated(0, 20), ...repeated(1, 20)), 2, 8, 0);
    expect(novelty.length).toBe(41);
    expect(novelty[20]).toBeCloseTo(1, 6);
    expect(novelty[16]).toBeLessThan(0.6);
    expect([novelty[0], novelty[40]]).toEqual([0, 0]);
    expect(novelty[8]).toBeCloseTo(0, 6);
    for (let distance = 1; distance < 8; distance++) {
      expect(novelty[20 - distance]).toBeCloseTo(novelty[20 + distance], 6);
      expect(novelty[20 - distance]).toBeLessThan(novelty[21 - distance]);
    }
  });

  test("does not depend on the lengths of the vectors", () => {
    const turns = quarters(...repeated(0, 10), ...repeated(1, 12));
    const scaled = turns.map((value, index) => value * (1 + Math.floor(index / 2)));
    const [a, b] = [checkerboardNovelty(turns, 2, 4, 0), checkerboardNovelty(scaled, 2, 4, 0)];
    for (const [index, value] of a.entries()) expect(b[index]).toBeCloseTo(value, 6);
  });

  test("counts vectors shorter than the least length less", () => {
    const turns = quarters(...repeated(0, 10), ...repeated(1, 10));
    expect(checkerboardNovelty(turns, 2, 4, 2)[10]).toBeCloseTo(0.25, 6);
    expect(checkerboardNovelty(turns, 2, 4, 1)[10]).toBeCloseTo(1, 6);
  });

  test("is 0 where nothing changes, and for zeros, one vector and none", () => {
    for (const vectors of [quarters(...repeated(1, 20)), new Float64Array(40), quarters(0), new Float64Array(0)]) {
      const novelty = checkerboardNovelty(vectors, 2, 4, 0);
      expect(novelty.length).toBe(vectors.length / 2 + 1);
      for (const value of novelty) expect(value).toBeCloseTo(0, 6);
    }
  });
});
