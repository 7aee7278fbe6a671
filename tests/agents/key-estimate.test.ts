import { describe, expect, test } from "vitest";
import { type KeyCandidate, keyCandidates, keyEvidence, whyUncertainKey } from "../../src/agents/key-estimate.ts";

const candidates = (first: KeyCandidate, second: KeyCandidate) => [first, second];

describe("keyCandidates", () => {
  test("gives four keys, likeliest first", () => {
    const found = keyCandidates([3, 0, 1, 0, 2, 1, 0, 3, 0, 1, 0, 1], new Float64Array(24));
    expect(found.length).toBe(4);
    expect(found[0].key).toBe(0);
    expect(new Set(found.map(({ key }) => key)).size).toBe(4);
    for (let rank = 1; rank < 4; rank++) expect(found[rank].score).toBeLessThanOrEqual(found[rank - 1].score);
  });
});

test("keyCandidates lets the chords decide between keys of one scale", () => {
  const scale = [1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1];
  const of = (chords: readonly number[]) =>
    Float64Array.from({ length: 24 }, (_, chord) => (chords.includes(chord) ? 1 : 0));
  expect(keyCandidates(scale, of([0, 5, 7]))[0].key).toBe(0);
  expect(keyCandidates(scale, of([12 + 9, 12 + 2, 5]))[0].key).toBe(12 + 9);
});

describe("keyEvidence", () => {
  test("rises with the score and with the lead, and is lower for short recordings", () => {
    const at = (score: number, rival: number, seconds = 60) =>
      keyEvidence(candidates({ key: 0, score }, { key: 7, score: rival }), seconds);
    expect(at(0.95, 0.7)).toBeGreaterThan(at(0.85, 0.7));
    expect(at(0.85, 0.6)).toBeGreaterThan(at(0.85, 0.84));
    expect(at(0.95, 0.7, 8)).toBeLessThan(at(0.95, 0.7));
  });
});

describe("whyUncertainKey", () => {
  const rival = (key: number) => candidates({ key: 0, score: 0.8 }, { key, score: 0.79 });

  test("names the rival and how it is related", () => {
    expect(whyUncertainKey(rival(21), 0.5, 60, 0)).toBe("A minor (the relative key) fits nearly as well.");
    expect(whyUncertainKey(rival(7), 0.5, 60, 0)).toBe("G major (a fifth away) fits nearly as well.");
    expect(whyUncertainKey(rival(12), 0.5, 60, 0)).toBe("C minor (same tonic) fits nearly as well.");
    expect(whyUncertainKey(rival(3), 0.5, 60, 0)).toBe("Eb major fits nearly as well.");
  });

  test("tells of shortness, of changes, and of a poor fit", () => {
    expect(whyUncertainKey(rival(21), 0.5, 8, 2)).toMatch(
      /^The recording is short \(8\.0 s\)\. The key seems to change\./,
    );
    const lone = candidates({ key: 0, score: 0.5 }, { key: 1, score: 0.2 });
    expect(whyUncertainKey(lone, 0.5, 60, 0)).toMatch(/fit no major or minor scale/);
    expect(whyUncertainKey(lone, 0.8, 60, 0)).toBeNull();
  });
});
