import { describe, expect, test } from "vitest";
import { type EvidencedAnswer, isotonicChances } from "../../../src/evaluation/metrics/isotonic-regression.ts";
import { noise } from "../../fixtures/signals.ts";

/** Answers at evenly spread evidence, right by a chance. */
function answers(count: number, chanceAt: (evidence: number) => number): EvidencedAnswer[] {
  const dice = noise(count, 7, 1);
  return Array.from({ length: count }, (_, index) => {
    const evidence = (index + 0.5) / count;
    return { evidence, correct: (dice[index] + 1) / 2 < chanceAt(evidence) };
  });
}

describe("isotonicChances", () => {
  test("finds a chance that rises with the evidence", () => {
    const points = isotonicChances(answers(20_000, (evidence) => 0.2 + 0.7 * evidence));
    expect(points.length).toBeGreaterThan(5);
    for (const { evidence, chance } of points) expect(Math.abs(chance - 0.2 - 0.7 * evidence)).toBeLessThan(0.03);
  });

  test("never falls, and pools what would", () => {
    const points = isotonicChances(answers(5000, (evidence) => 0.9 - 0.5 * evidence));
    expect(points.length).toBe(1);
    expect(points[0].chance).toBeCloseTo(0.65, 1);
    const bumpy = isotonicChances(answers(300, (evidence) => (Math.floor(evidence * 10) % 2 === 0 ? 0.3 : 0.8)));
    for (let index = 1; index < bumpy.length; index++) {
      expect(bumpy[index].chance).toBeGreaterThan(bumpy[index - 1].chance);
      expect(bumpy[index].evidence).toBeGreaterThan(bumpy[index - 1].evidence);
    }
  });

  test("pools neighbours by the weighted mean, as by hand: shares 0, 1, 1/2 become 0, 3/4 before the prior", () => {
    const bins = [
      { evidence: 1, right: 0 },
      { evidence: 2, right: 16 },
      { evidence: 3, right: 8 },
    ].flatMap(({ evidence, right }) => Array.from({ length: 16 }, (_, n) => ({ evidence, correct: n < right })));
    // Two more answers of the overall share, a half, in each bin of sixteen.
    expect(isotonicChances(bins)).toEqual([
      { evidence: 1, chance: 1 / 18 },
      { evidence: 2.5, chance: 26 / 36 },
    ]);
  });

  test("claims no certainty on few answers, has none without, and counts weights", () => {
    expect(isotonicChances([])).toEqual([]);
    const [sure] = isotonicChances(answers(20, () => 1));
    expect(sure.chance).toBeCloseTo(0.99, 1);
    expect(sure.chance).toBeLessThan(1);
    const mixed = isotonicChances([
      ...answers(30, () => 0),
      ...answers(30, () => 1).map((a) => ({ ...a, evidence: 2 })),
    ]);
    expect(mixed[0].chance).toBeGreaterThan(0);
    expect(mixed[mixed.length - 1].chance).toBeLessThan(1);
    // The weights are 3 and 1; two answers of weight 2 of the share by Laplace's rule, 5 in 8.
    const weighted = [
      { evidence: 1, correct: true, weight: 3 },
      { evidence: 1, correct: false, weight: 1 },
      { evidence: 1, correct: false, weight: 0 },
    ];
    expect(isotonicChances(weighted)).toEqual([{ evidence: 1, chance: (3 + 4 * (5 / 8)) / 8 }]);
  });
});
