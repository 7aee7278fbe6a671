import { describe, expect, test } from "vitest";
import { z } from "zod";
import { beatDetection } from "../../../src/evaluation/metrics/beat-detection.ts";
import { boundaryDetection, type Section } from "../../../src/evaluation/metrics/boundary-detection.ts";
import { countMatches } from "../../../src/evaluation/metrics/event-matching.ts";
import { intervalDetection } from "../../../src/evaluation/metrics/interval-detection.ts";
import { onsetDetection } from "../../../src/evaluation/metrics/onset-detection.ts";
import { noise } from "../../fixtures/signals.ts";
import { AGREEMENT, goldenCases } from "../golden-cases.ts";

const times = z.array(z.number());
const rates = { precision: z.number(), recall: z.number(), fMeasure: z.number() };

describe("onset F", () => {
  const schema = z.object({ name: z.string(), reference: times, estimated: times, ...rates });
  test.each(goldenCases("onsets.json", schema))("$name", ({ reference, estimated, precision, recall, fMeasure }) => {
    const found = onsetDetection(reference, estimated);
    expect(Math.abs(found.precision - precision)).toBeLessThan(AGREEMENT);
    expect(Math.abs(found.recall - recall)).toBeLessThan(AGREEMENT);
    expect(Math.abs(found.fMeasure - fMeasure)).toBeLessThan(AGREEMENT);
  });
});

describe("beat F", () => {
  const schema = z.object({ name: z.string(), reference: times, estimated: times, fMeasure: z.number() });
  test.each(goldenCases("beats.json", schema))("$name", ({ reference, estimated, fMeasure }) => {
    expect(Math.abs(beatDetection(reference, estimated).fMeasure - fMeasure)).toBeLessThan(AGREEMENT);
  });
});

describe("section boundary F", () => {
  const window = z.object({ seconds: z.number(), ...rates });
  const schema = z.object({
    name: z.string(),
    reference: times,
    estimated: times,
    trim: z.boolean(),
    windows: z.array(window).min(1),
  });
  test.each(goldenCases("boundaries.json", schema))("$name", ({ reference, estimated, trim, windows }) => {
    for (const { seconds, precision, recall, fMeasure } of windows) {
      const found = boundaryDetection(sections(reference), sections(estimated), seconds, trim);
      expect(Math.abs(found.precision - precision)).toBeLessThan(AGREEMENT);
      expect(Math.abs(found.recall - recall)).toBeLessThan(AGREEMENT);
      expect(Math.abs(found.fMeasure - fMeasure)).toBeLessThan(AGREEMENT);
    }
  });
});

describe("interval detection", () => {
  const interval = z.tuple([z.number(), z.number()]);
  const schema = z.object({
    name: z.string(),
    reference: z.array(interval),
    estimated: z.array(interval),
    tolerance: z.number(),
    precision: z.number(),
    recall: z.number(),
  });
  test.each(goldenCases("intervals.json", schema))(
    "$name",
    ({ reference, estimated, tolerance, precision, recall }) => {
      const found = intervalDetection(reference, estimated, tolerance);
      expect(Math.abs(found.precision - precision)).toBeLessThan(AGREEMENT);
      expect(Math.abs(found.recall - recall)).toBeLessThan(AGREEMENT);
    },
  );
});

test("no matching is larger than the one that is counted", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = [...noise(24, seed, 1)].map((value) => value + 1);
    const reference = random.slice(0, 8 + (seed % 5)).sort((a, b) => a - b);
    const estimated = random.slice(13).sort((a, b) => a - b);
    const window = 0.02 + (seed % 7) * 0.05;
    expect(countMatches(reference, estimated, window)).toBe(largestMatching(reference, estimated, window));
  }
});

function sections(boundaries: readonly number[]): Section[] {
  return boundaries.slice(1).map((end, index) => ({ start: boundaries[index], end }));
}

/** By augmenting paths, which hold for any graph. */
function largestMatching(reference: readonly number[], estimated: readonly number[], window: number): number {
  const partner = new Map<number, number>();
  const augment = (index: number, seen: Set<number>): boolean =>
    reference.some((time, candidate) => {
      if (seen.has(candidate) || time < estimated[index] - window || time > estimated[index] + window) return false;
      seen.add(candidate);
      const current = partner.get(candidate);
      if (current !== undefined && !augment(current, seen)) return false;
      partner.set(candidate, index);
      return true;
    });
  return estimated.filter((_, index) => augment(index, new Set())).length;
}
