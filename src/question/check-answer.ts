/** Checks an answer: every measurable statement in it is looked up in what the tools of the turn measured. */
import { type AnswerText, answerText, headingAt, type Sentence, surroundings } from "./answer-text.ts";
import type { Candidate, PlacedCandidate } from "./candidate-claim.ts";
import type { CheckAnswer, Claim } from "./claim.ts";
import { contextOf, isNegated } from "./claim-context.ts";
import { indexEvidence } from "./evidence-index.ts";
import type { EvidenceIndex } from "./fact-index.ts";
import { findLabels } from "./find-labels.ts";
import { findNumbers } from "./find-numbers.ts";
import { isConfidence, matchConfidence } from "./match-confidence.ts";
import { matchBar, matchCount, matchMeter } from "./match-count.ts";
import { matchLabel } from "./match-label.ts";
import { matchNumber } from "./match-number.ts";
import type { Verdict } from "./verdict.ts";

/**
 * The claims of an answer in the order of its text, each with what the results say to it: `supported` by a value of the same
 * quantity that agrees within the digits written, `contradicted` where the answer names a quantity that a tool measured otherwise
 * for the same track and time range, else `unsupported`. Numbers without a unit and denied ones ("not 120 BPM") are no claims.
 * Never throws; an empty answer has no claims.
 */
export const checkAnswer: CheckAnswer = (answer, evidence) => {
  const text = answerText(answer);
  const index = indexEvidence(evidence);
  return text.sentences.flatMap((sentence) => {
    const claims = placed(text, sentence, findCandidates(text, sentence)).filter((claim) => !isNegated(claim));
    return claims.map((claim, position) => {
      const verdict = judge(claim, claims, position, index, sentence.start);
      return claimOnWire(answer, claim, verdict);
    });
  });
};

/** Labels first: the 4 of a chord or the 8 of "8B" is no number of its own. */
function findCandidates({ masked, decimalComma, headings }: AnswerText, sentence: Sentence): Candidate[] {
  const labels = findLabels(sentence.text, masked);
  const heading = (place: number) => headingAt(headings, sentence.start + place);
  const numbers = findNumbers(sentence.text, decimalComma, heading).filter(
    (number) => !labels.some(({ start, end }) => number.start < end && number.end > start),
  );
  const moved = [...labels, ...numbers].map((candidate) => ({
    ...candidate,
    start: candidate.start + sentence.start,
    end: candidate.end + sentence.start,
  }));
  return moved.sort((a, b) => a.start - b.start);
}

function placed(text: AnswerText, sentence: Sentence, candidates: readonly Candidate[]): PlacedCandidate[] {
  return candidates.map((candidate, position) => {
    // The words around a range are those around both of its ends.
    const first = isOneRange(candidates[position - 1], candidate) ? position - 1 : position;
    const last = isOneRange(candidate, candidates[position + 1]) ? position + 1 : position;
    const previousEnd = candidates[first - 1]?.end ?? sentence.start;
    const nextStart = candidates[last + 1]?.start ?? sentence.end;
    const [start, end] = [candidates[first].start, candidates[last].end];
    return { ...candidate, words: surroundings(text, sentence, start, end, previousEnd, nextStart) };
  });
}

function isOneRange(first: Candidate | undefined, second: Candidate | undefined): boolean {
  if (first === undefined || second === undefined || !("range" in first) || !("range" in second)) return false;
  return first.range !== null && first.range.from === second.range?.from && first.range.to === second.range.to;
}

function judge(
  claim: PlacedCandidate,
  claims: readonly PlacedCandidate[],
  position: number,
  index: EvidenceIndex,
  sentenceStart: number,
): Verdict {
  const context = contextOf(claim, claims, index, sentenceStart);
  if (!("dimension" in claim)) return matchLabel(claim, context, index);
  if (claim.dimension === "meter") return matchMeter(claim, context, index);
  if (claim.dimension === "count") return matchCount(claim, context, index);
  if (claim.dimension === "bar") return matchBar(claim, context, index);
  if (isConfidence(claim)) return matchConfidence(claim, context, index, claims.slice(0, position), sentenceStart);
  return matchNumber(claim, context, index);
}

function claimOnWire(answer: string, { kind, value, unit, start, end }: PlacedCandidate, verdict: Verdict): Claim {
  return {
    text: answer.slice(start, end).replace(/[*_`]/g, "").trim(),
    kind,
    value,
    unit,
    status: verdict.status,
    measured: verdict.measured,
    tool: verdict.tool,
    field: verdict.field,
    from_seconds: verdict.fromSeconds,
    to_seconds: verdict.toSeconds,
    confidence: verdict.confidence,
  };
}
