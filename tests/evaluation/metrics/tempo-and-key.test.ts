import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Key, keyScore, parseKey } from "../../../src/evaluation/metrics/key-score.ts";
import { isTempoRight, isTempoRightUpToLevel } from "../../../src/evaluation/metrics/tempo-accuracy.ts";
import { goldenCases } from "../golden-cases.ts";

describe("tempo accuracy", () => {
  const schema = z.object({
    reference: z.array(z.number()),
    estimated: z.number().nullable(),
    acc1: z.number(),
    acc2: z.number(),
  });
  test.each(goldenCases("tempi.json", schema))(
    "$reference against $estimated",
    ({ reference, estimated, ...expected }) => {
      expect(Number(isTempoRight(reference, estimated))).toBe(expected.acc1);
      expect(Number(isTempoRightUpToLevel(reference, estimated))).toBe(expected.acc2);
    },
  );
});

describe("key score", () => {
  const schema = z.object({ reference: z.string(), estimated: z.string(), score: z.number() });
  test.each(goldenCases("keys.json", schema))("$reference, estimated $estimated: $score", (golden) => {
    expect(keyScore(key(golden.reference), key(golden.estimated))).toBe(golden.score);
  });

  test("no key scores nothing", () => {
    expect(keyScore(key("C major"), null)).toBe(0);
  });

  test.each(["F", "in F, mostly Blues", "D dorian", "H major", "", "C# major or so"])("%j is no key", (text) => {
    expect(parseKey(text)).toBeNull();
  });
});

function key(text: string): Key {
  const parsed = parseKey(text);
  if (parsed === null) throw new Error(`${text} is no key`);
  return parsed;
}
