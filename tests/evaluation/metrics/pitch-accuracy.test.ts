import { describe, expect, test } from "vitest";
import { z } from "zod";
import { pitchAccuracy, resample } from "../../../src/evaluation/metrics/pitch-accuracy.ts";
import { AGREEMENT, goldenCases } from "../golden-cases.ts";

const numbers = z.array(z.number());

describe("raw pitch and chroma accuracy", () => {
  const schema = z.object({
    name: z.string(),
    referenceTimes: numbers,
    referenceHz: numbers,
    estimatedTimes: numbers,
    estimatedHz: numbers,
    rawPitch: z.number(),
    rawChroma: z.number(),
  });
  test.each(goldenCases("pitches.json", schema))("$name", (golden) => {
    const found = pitchAccuracy(
      { times: golden.referenceTimes, hz: golden.referenceHz },
      { times: golden.estimatedTimes, hz: golden.estimatedHz },
    );
    expect(Math.abs(found.rawPitch - golden.rawPitch)).toBeLessThan(AGREEMENT);
    expect(Math.abs(found.rawChroma - golden.rawChroma)).toBeLessThan(AGREEMENT);
  });
});

test("resampling never interpolates across an unvoiced frame (mir_eval's own example)", () => {
  const times = [0, 1 / 35, 2 / 35, 3 / 35];
  const newTimes = Array.from({ length: 9 }, (_, index) => index / 100);
  const resampled = resample(times, [2, 0, -1, 1], newTimes);
  const expected = [2, 2, 2, 0, 0, 0, -0.8, -0.1, 0.6];
  expect(resampled).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(resampled[index]).toBeCloseTo(value, 7);
});
