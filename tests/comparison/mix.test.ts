import { describe, expect, test } from "vitest";
import { type Mixable, mixKeys, mixTempi } from "../../src/comparison/mix.ts";
import { matchTempi } from "../../src/comparison/tempo-relation.ts";

const song = (values: Partial<Mixable>): Mixable => ({
  tempoBpm: 120,
  tempoConfidence: 1,
  key: "A minor",
  keyConfidence: 1,
  ...values,
});

describe("tempi", () => {
  test.each([
    [120, 120, "same", 0],
    [120, 100, "same", 20],
    [120, 60, "half", 0],
    [120, 250, "double", -4],
    [70, 138, "double", 1.449],
    [174, 90, "half", -3.333],
  ])("%d against %d BPM run together at %s tempo after %d %%", (first, second, relation, stretchPercent) => {
    const match = matchTempi(first, second);
    expect(match.relation).toBe(relation);
    expect(match.stretchPercent).toBeCloseTo(stretchPercent, 3);
  });

  test("a speed of 2^(1/12) moves the pitch by a semitone", () => {
    expect(matchTempi(100 * 2 ** (1 / 12), 100).varispeedSemitones).toBeCloseTo(1, 9);
  });

  test("say how sure both are together", () => {
    const mix = mixTempi(song({ tempoConfidence: 0.8 }), song({ tempoBpm: 126, tempoConfidence: 0.6 }));
    expect(mix).toMatchObject({ confidence: 0.48, stretchPercent: -4.76 });
    expect(mix?.text).toBe("120 and 126 BPM: 4.8 % slower to match (their tempi are uncertain: 0.48)");
    expect(mixTempi(song({}), song({}))?.text).toBe("120 and 120 BPM: no stretch to match");
    expect(mixTempi(song({}), song({ tempoBpm: 60 }))?.text).toContain("at half tempo");
  });

  test("are not compared where one has none", () => {
    expect(mixTempi(song({}), song({ tempoBpm: null }))).toBeNull();
    expect(mixTempi(song({ tempoBpm: null }), song({}))).toBeNull();
  });
});

describe("keys", () => {
  test("say their relation, the shift, and how sure they are", () => {
    expect(mixKeys(song({}), song({ key: "E minor" }), null)).toMatchObject({
      relation: "neighbour",
      compatible: true,
      semitones: 0,
      text: "A minor (8A) and E minor (9A): neighbour",
    });
    const distant = mixKeys(song({ keyConfidence: 0.5 }), song({ key: "Bb minor" }), null);
    expect(distant).toMatchObject({ compatible: false, semitones: -1, confidence: 0.5 });
    expect(distant?.text).toContain("compatible after -1 semitones (their keys are uncertain: 0.5)");
  });

  test("say what varispeed makes of the key", () => {
    const [first, second] = [song({}), song({ key: "G# minor", tempoBpm: 120 / 2 ** (1 / 12) })];
    expect(mixKeys(first, second, mixTempi(first, second))?.text).toContain(
      "by varispeed it becomes A minor (8A) (same)",
    );
  });

  test("are not compared where one has none", () => {
    expect(mixKeys(song({}), song({ key: null }), null)).toBeNull();
    expect(mixKeys(song({ key: null }), song({}), null)).toBeNull();
  });
});
