import { describe, expect, test } from "vitest";
import { checkAnswer } from "../../src/question/check-answer.ts";
import type { ToolEvidence } from "../../src/question/claim.ts";
import { CHORD_ANSWERS, DRUM_ANSWERS, SERIES_ANSWERS, TRACK_ANSWERS } from "./answers.ts";
import { CHORDS, COMPARED, DRUMS, FOUND, goldenEvidence, SERIES } from "./golden-evidence.ts";
import { KEY_ANSWERS, LABELLED_ANSWERS, OPEN_ANSWERS, TERSE_ANSWERS } from "./model-answers.ts";

const SIGNS = { supported: "+", contradicted: "-", unsupported: "?" } as const;

const signed = (text: string, evidence: readonly ToolEvidence[]) =>
  checkAnswer(text, evidence).map((claim) => `${SIGNS[claim.status]}${claim.text}`);

const drums = goldenEvidence(DRUMS);

describe.each([
  ["drums", DRUM_ANSWERS, drums],
  ["drums, with labels before numbers", LABELLED_ANSWERS, drums],
  ["drums, in few words", TERSE_ANSWERS, drums],
  ["drums and other things", OPEN_ANSWERS, drums],
  ["keys", KEY_ANSWERS, goldenEvidence(CHORDS)],
  ["chords", CHORD_ANSWERS, goldenEvidence(CHORDS)],
  ["a range of bars", SERIES_ANSWERS, [SERIES]],
  ["two tracks", TRACK_ANSWERS, [FOUND, COMPARED]],
] as const)("answers about %s", (_, answers, evidence) => {
  test.each(answers.map(([text, ...claims]) => [text, claims] as const))("%s", (text, claims) => {
    expect(signed(text, evidence)).toEqual(claims);
  });
});

test("there are many answers, and more claims", () => {
  const all = [...DRUM_ANSWERS, ...CHORD_ANSWERS, ...SERIES_ANSWERS, ...TRACK_ANSWERS];
  expect(all.length).toBeGreaterThan(150);
  expect(all.flatMap(([, ...claims]) => claims).length).toBeGreaterThan(200);
});
