import { expect, test } from "vitest";
import type { SpeechOutput } from "../../src/models/speech-message.ts";
import { tokenSegments } from "../../src/processing/token-words.ts";

const CLIP_SECONDS = 20;

function output(text: string, tokens: readonly string[], changes: Partial<SpeechOutput> = {}): SpeechOutput {
  const startsSeconds = tokens.map((_, index) => 1 + index / 4);
  const none = { language: "", durationsSeconds: [], logProbabilities: [], segments: [] };
  return { text, tokens, startsSeconds, ...none, ...changes };
}

function words(spoken: SpeechOutput) {
  return tokenSegments(spoken, CLIP_SECONDS).flatMap((segment) => segment.words);
}

test("joins tokens to the words of the text, each from its first token to the next word, and no longer than 0.4 s after its last", () => {
  const [hello, world, ...rest] = words(output(" Hello world.", ["▁He", "llo", " world", "."]));
  expect(hello).toEqual({ text: "Hello", startSeconds: 1, endSeconds: 1.5, confidence: null });
  expect(world).toEqual({ text: "world.", startSeconds: 1.5, endSeconds: expect.closeTo(2.15), confidence: null });
  expect(rest).toEqual([]);
});

test("takes the model's durations where it gives them, within the clip and before the next word", () => {
  const spoken = output("one two", ["one", " two"], { durationsSeconds: [0.1, 90] });
  expect(words(spoken)).toMatchObject([{ endSeconds: 1.1 }, { endSeconds: CLIP_SECONDS }]);
});

test.each([
  [
    "signs of a script without spaces are words, marks belong to the sign before",
    "你好，world 吗",
    ["你", "好", "，", "world", "吗"],
    ["你", "好，", "world", "吗"],
  ],
  ["Paraformer's marks of parts", "hello world", ["hel@@", "lo", "world"], ["hello", "world"]],
  ["what is no speech", "<|en|>yes".slice(6), ["<|en|>", "yes"], ["yes"]],
  ["another case in the text", "The End", ["the", " end"], ["The", "End"]],
])("%s", (_, text, tokens, expected) => {
  expect(words(output(text, tokens)).map((word) => word.text)).toEqual(expected);
});

test.each([
  ["no times", output("a b", ["a", " b"], { startsSeconds: [] })],
  ["a part of a character", output("é b", ["\ufffd", "\ufffd", " b"])],
  ["tokens that are not in the text", output("12 b", ["twelve", " b"])],
  ["a text that goes on after its tokens", output("a b c", ["a", " b"])],
])("gives the text without words for %s", (_, spoken) => {
  const segments = tokenSegments(spoken, CLIP_SECONDS);
  expect(segments).toEqual([
    { text: spoken.text, startSeconds: 0, endSeconds: CLIP_SECONDS, confidence: null, words: [] },
  ]);
});

test("takes the model's own segments where there are no times of tokens, within the clip", () => {
  const segments = [
    { text: " One.", startSeconds: 0.5, durationSeconds: 2 },
    { text: "  ", startSeconds: 2.5, durationSeconds: 1 },
    { text: " Two.", startSeconds: 19, durationSeconds: 11 },
  ];
  const spoken = output("One. Two.", [], { startsSeconds: [], segments });
  expect(tokenSegments(spoken, CLIP_SECONDS)).toMatchObject([
    { text: "One.", startSeconds: 0.5, endSeconds: 2.5, words: [] },
    { text: "Two.", startSeconds: 19, endSeconds: 20 },
  ]);
});

test("parts segments after a sentence, at a pause, and when they get long", () => {
  const spoken = output("Yes. Now then go on", ["Yes", ".", " Now", " then", " go", " on"], {
    startsSeconds: [0, 0.2, 0.4, 0.7, 4, 4.2],
  });
  expect(tokenSegments(spoken, CLIP_SECONDS).map(({ text }) => text)).toEqual(["Yes.", "Now then", "go on"]);
  const long = Array.from({ length: 20 }, (_, index) => ` w${index}`);
  const parted = tokenSegments(
    output(long.join("").trim(), long, { startsSeconds: long.map((_, index) => index) }),
    30,
  );
  expect(parted.length).toBeGreaterThan(1);
  expect(parted.flatMap((segment) => segment.words)).toHaveLength(20);
  for (const { startSeconds, endSeconds } of parted) expect(endSeconds - startSeconds).toBeLessThan(13);
});

test("confidence is the geometric mean of the tokens' probabilities, and null where they are none", () => {
  const halves = { logProbabilities: [Math.log(0.25), 0, Math.log(0.5)] };
  const [first, second] = words(output("ab c", ["a", "b", " c"], halves));
  expect(first.confidence).toBeCloseTo(0.5);
  expect(second.confidence).toBeCloseTo(0.5);
  const logits = output("ab c", ["a", "b", " c"], { logProbabilities: [3, 2, 1] });
  expect(words(logits).map(({ confidence }) => confidence)).toEqual([null, null]);
});

test("nothing said gives no segments", () => {
  expect(tokenSegments(output("  ", []), CLIP_SECONDS)).toEqual([]);
});
