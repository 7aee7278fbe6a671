import { describe, expect, test } from "vitest";
import { tempoCurve } from "../../src/agents/tempo-curve.ts";

describe("tempoCurve", () => {
  test("has the tempo of an even pulse in every second", () => {
    const beats = Array.from({ length: 40 }, (_, index) => 0.5 * index);
    expect(tempoCurve(beats, 20)).toEqual({ hop_seconds: 1, bpm: Array.from({ length: 20 }, () => 120) });
  });

  test("follows a tempo that rises", () => {
    const beats = [0];
    while (beats[beats.length - 1] < 60) beats.push(beats[beats.length - 1] + 60 / (90 + beats[beats.length - 1]));
    const { bpm } = tempoCurve(beats, 60);
    for (const [second, value] of bpm.entries()) {
      if (second >= 3 && second < 57) expect(Math.abs((value ?? 0) - 90 - second)).toBeLessThan(1.5);
    }
  });

  test("is null where there are no beats, and empty without duration", () => {
    const beats = [10, 10.5, 11, 11.5, 12];
    const { bpm } = tempoCurve(beats, 30);
    expect(bpm.length).toBe(30);
    expect(bpm[11]).toBe(120);
    expect(bpm[3]).toBeNull();
    expect(bpm[20]).toBeNull();
    expect(tempoCurve([], 0)).toEqual({ hop_seconds: 1, bpm: [] });
  });
});
