import { expect, test } from "vitest";
import { checkAnswer } from "../../src/question/check-answer.ts";
import { DRUMS, goldenEvidence, MELODY } from "./golden-evidence.ts";
import { UNSEEN_ANSWERS, UNSEEN_DRUM_ANSWERS } from "./unseen-answers.ts";

const SIGNS = { supported: "+", contradicted: "-", unsupported: "?" } as const;

/** Counts of "expected sign, found sign"; "0" where nothing was found, "extra" for what is no claim. */
function outcomes(): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (outcome: string) => counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  for (const [signal, answers] of [
    [MELODY, UNSEEN_ANSWERS],
    [DRUMS, UNSEEN_DRUM_ANSWERS],
  ] as const) {
    const evidence = goldenEvidence(signal);
    for (const [text, ...claims] of answers) {
      const found = new Map(checkAnswer(text, evidence).map((claim) => [claim.text, SIGNS[claim.status]]));
      for (const claim of claims) count(`${claim[0]}${found.get(claim.slice(1)) ?? "0"}`);
      for (const words of found.keys()) if (!claims.some((claim) => claim.slice(1) === words)) count("extra");
    }
  }
  return counts;
}

test("few claims of unseen answers are missed, and fewer are judged wrongly", () => {
  const counts = outcomes();
  const of = (...outcome: string[]) => outcome.reduce((sum, key) => sum + (counts.get(key) ?? 0), 0);
  expect(of("++", "+?", "+-", "+0")).toBeGreaterThan(80);
  expect(of("-?", "--", "-+", "-0")).toBeGreaterThan(10);
  // Wrongly supported or contradicted claims do harm; a supported one that is left open does little.
  expect(of("?+", "-+")).toBeLessThanOrEqual(3);
  expect(of("+-", "?-")).toBe(0);
  expect(of("+0", "-0", "?0", "extra")).toBeLessThanOrEqual(3);
  expect(of("++") / of("++", "+?", "+-", "+0")).toBeGreaterThan(0.93);
});
