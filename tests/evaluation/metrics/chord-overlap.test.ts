import { describe, expect, test } from "vitest";
import { z } from "zod";
import { isChordLabel } from "../../../src/evaluation/metrics/chord-label.ts";
import { chordOverlap } from "../../../src/evaluation/metrics/chord-overlap.ts";
import { AGREEMENT, goldenCases } from "../golden-cases.ts";

describe("chord overlap", () => {
  const chord = z
    .tuple([z.number(), z.number(), z.string()])
    .transform(([start, end, label]) => ({ start, end, label }));
  const schema = z.object({
    name: z.string(),
    reference: z.array(chord).min(1),
    estimated: z.array(chord),
    overlap: z.number(),
  });
  test.each(goldenCases("chords.json", schema))("$name", ({ reference, estimated, overlap }) => {
    expect(Math.abs(chordOverlap(reference, estimated).overlap - overlap)).toBeLessThan(AGREEMENT);
  });

  const pair = z.object({ reference: z.string(), estimated: z.string(), score: z.number().nullable() });
  test.each(goldenCases("chord-pairs.json", pair))("$reference against $estimated: $score", (golden) => {
    const { overlap, comparableSeconds } = chordOverlap(
      [{ start: 0, end: 1, label: golden.reference }],
      [{ start: 0, end: 1, label: golden.estimated }],
    );
    expect(comparableSeconds === 0 ? null : overlap).toBe(golden.score);
  });
});

describe("chord labels", () => {
  const right = ["C", "Eb:min/5", "A#:dim7", "B:maj(*1,*5)/3", "A#:sus4", "A:(9,11)", "N", "X", "F##:maj13"];
  test.each(right)("%s is one", (label) => expect(isChordLabel(label)).toBe(true));

  const wrong = [
    "C::maj",
    "C//5",
    "C((4)",
    "C5))",
    "C:maj(*3/3",
    "Cmaj*3/3)",
    "asdf",
    "",
    "C:",
    "C:/3",
    "H",
    "C:major",
  ];
  test.each(wrong)("%j is none", (label) => expect(isChordLabel(label)).toBe(false));

  test("an unknown label is refused", () => {
    expect(() => chordOverlap([{ start: 0, end: 1, label: "Cmaj" }], [])).toThrow(RangeError);
  });
});
