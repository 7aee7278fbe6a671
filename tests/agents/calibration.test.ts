import { describe, expect, test } from "vitest";
import { type CalibrationTable, calibrated, chanceAt, chanceDescription } from "../../src/agents/calibration.ts";
import { CALIBRATION_TABLES } from "../../src/agents/calibration-tables.ts";
import { AGENTS } from "../../src/agents/registry.ts";

const POINTS = [
  { evidence: 1, chance: 0.4 },
  { evidence: 2, chance: 0.6 },
  { evidence: 4, chance: 0.9 },
];

describe("chanceAt", () => {
  test("runs linearly between points, stays level above them, and falls to 0 at no evidence below them", () => {
    const expected: readonly (readonly [number, number])[] = [
      [Number.NEGATIVE_INFINITY, 0],
      [-0.1, 0],
      [0, 0],
      [0.5, 0.2],
      [1, 0.4],
      [1.5, 0.5],
      [2, 0.6],
      [3, 0.75],
      [4, 0.9],
      [5, 0.9],
      [Number.POSITIVE_INFINITY, 0.9],
    ];
    for (const [evidence, chance] of expected)
      expect(chanceAt(POINTS, evidence), `${evidence}`).toBeCloseTo(chance, 12);
  });

  test("takes no number for no evidence, and has no chance without points", () => {
    expect(chanceAt(POINTS, Number.NaN)).toBe(0);
    expect(chanceAt([], 1)).toBe(0);
  });

  test("stays finite where the lowest point lies at no evidence or below", () => {
    for (const lowest of [0, -1]) {
      const points = [{ evidence: lowest, chance: 0.4 }, ...POINTS.slice(1)];
      expect(chanceAt(points, lowest - 1)).toBe(0);
      expect(chanceAt(points, lowest)).toBe(0.4);
    }
  });
});

describe("the shipped tables", () => {
  const tables: [string, CalibrationTable][] = Object.entries(CALIBRATION_TABLES);

  test("there are some", () => expect(tables.length).toBeGreaterThan(2));

  test.each(tables)("%s rises with the evidence, claims no certainty, and says where it comes from", (_, table) => {
    expect(table.points.length).toBeGreaterThan(0);
    for (const [index, { evidence, chance }] of table.points.entries()) {
      expect(chance).toBeGreaterThan(0);
      expect(chance).toBeLessThan(1);
      if (index === 0) continue;
      expect(evidence).toBeGreaterThan(table.points[index - 1].evidence);
      expect(chance).toBeGreaterThanOrEqual(table.points[index - 1].chance);
    }
    expect(table.answers).toBeGreaterThan(0);
    expect(table.datasets.length).toBeGreaterThan(0);
    expect(table.crossValidated.expectedCalibrationError).toBeLessThan(0.2);
    expect(AGENTS.map(({ name }) => name)).toContain(table.agent);
  });
});

test("a confidence has two decimals and its description names the table", () => {
  const confidence = calibrated("tempo", 0.512345);
  expect(confidence).toBe(Number(confidence.toFixed(2)));
  expect(chanceDescription("tempo", "that tempo_bpm is right")).toMatch(
    /^Measured chance that tempo_bpm is right \(table tempo, \d+ recordings\)$/,
  );
});
