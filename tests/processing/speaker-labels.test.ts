import { expect, test } from "vitest";
import { labelledTurns, speakerShares, withSpeakers } from "../../src/processing/speaker-labels.ts";

const turns = labelledTurns([
  { startSeconds: 5, endSeconds: 9, speaker: 0 },
  { startSeconds: 0, endSeconds: 4, speaker: 3 },
  { startSeconds: 10, endSeconds: 11, speaker: 3 },
]);

const word = (text: string, startSeconds: number, endSeconds: number) => ({
  text,
  startSeconds,
  endSeconds,
  confidence: 0.5,
});

test("labels speakers in the order in which they are heard", () => {
  expect(turns.map(({ label }) => label)).toEqual(["S1", "S2", "S1"]);
  expect(speakerShares(turns)).toEqual([
    { speaker: "S1", speechSeconds: 5 },
    { speaker: "S2", speechSeconds: 4 },
  ]);
});

test("gives a segment without words the speaker of most of it, or the nearest", () => {
  const segment = (startSeconds: number, endSeconds: number) => ({ ...word("a", startSeconds, endSeconds), words: [] });
  const labelled = withSpeakers([segment(3, 8), segment(9.1, 9.3), segment(8.5, 11), segment(100, 101)], turns);
  expect(labelled.map(({ speaker }) => speaker)).toEqual(["S2", "S2", "S1", "S1"]);
});

test("parts a segment with words where the speaker changes, and keeps its text", () => {
  const words = [word("one", 1, 2), word("two,", 3, 4), word("three", 5, 6), word("four.", 10, 11)];
  const [first, second, third, ...rest] = withSpeakers([{ ...word("one  two, three four.", 1, 11), words }], turns);
  expect(first).toMatchObject({ text: "one  two,", speaker: "S1", startSeconds: 1, endSeconds: 4, confidence: 0.5 });
  expect(second).toMatchObject({ text: "three", speaker: "S2", startSeconds: 5, endSeconds: 6 });
  expect(third).toMatchObject({ text: "four.", speaker: "S1" });
  expect(third.words).toEqual([{ ...words[3], speaker: "S1" }]);
  expect(rest).toEqual([]);
});

test("labels nothing without turns", () => {
  const segments = [{ ...word("a", 0, 1), words: [] }];
  expect(withSpeakers(segments, labelledTurns([]))).toBe(segments);
});
