import { describe, expect, test } from "vitest";
import { z } from "zod";
import { calibration } from "../../../src/evaluation/metrics/calibration.ts";
import { isWithinTolerance, levelError } from "../../../src/evaluation/metrics/level-error.ts";
import { AGREEMENT, goldenCases } from "../golden-cases.ts";

describe("calibration", () => {
  const schema = z.object({
    name: z.string(),
    claims: z.array(z.tuple([z.number(), z.boolean()]).transform(([confidence, correct]) => ({ confidence, correct }))),
    brier: z.number(),
    expectedCalibrationError: z.number(),
    bins: z.array(z.tuple([z.number(), z.number(), z.number()])).min(1),
  });
  test.each(goldenCases("calibration.json", schema))("$name", (golden) => {
    const found = calibration(golden.claims);
    expect(Math.abs((found?.brier ?? 9) - golden.brier)).toBeLessThan(AGREEMENT);
    expect(Math.abs((found?.expectedCalibrationError ?? 9) - golden.expectedCalibrationError)).toBeLessThan(AGREEMENT);
    expect(found?.bins).toHaveLength(golden.bins.length);
    for (const [index, [meanConfidence, accuracy, count]] of golden.bins.entries()) {
      expect(found?.bins[index].meanConfidence).toBeCloseTo(meanConfidence, 9);
      expect(found?.bins[index]).toMatchObject({ accuracy, count });
    }
  });

  test("weights count, and the log loss of a half is log 2", () => {
    const claims = [
      { confidence: 0.5, correct: true, weight: 3 },
      { confidence: 0.5, correct: false, weight: 1 },
    ];
    const found = calibration(claims);
    expect(found?.bins).toEqual([{ from: 0.5, to: 0.6, count: 2, meanConfidence: 0.5, accuracy: 0.75 }]);
    expect(found?.expectedCalibrationError).toBeCloseTo(0.25, 12);
    expect(found?.logLoss).toBeCloseTo(Math.LN2, 12);
  });

  test("without claims there is none", () => {
    expect(calibration([])).toBeNull();
  });
});

describe("levels", () => {
  test("the error is a distance", () => {
    expect(levelError(-23, -23.25)).toBe(0.25);
    expect(levelError(-23, -22.75)).toBe(0.25);
  });

  test("a tolerance may reach further down than up", () => {
    expect(isWithinTolerance(-6, -6.4, [-0.4, 0.2])).toBe(true);
    expect(isWithinTolerance(-6, -5.8, [-0.4, 0.2])).toBe(true);
    expect(isWithinTolerance(-6, -5.79, [-0.4, 0.2])).toBe(false);
    expect(isWithinTolerance(-23, -23.1, 0.1)).toBe(true);
    expect(isWithinTolerance(-23, -23.11, 0.1)).toBe(false);
  });
});
