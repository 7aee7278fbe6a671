/** Confidences that an answer gives ("112 BPM, confidence 0.93", "93 % sure") against those of the results. */
import type { PlacedCandidate, PlacedNumber } from "./candidate-claim.ts";
import type { ClaimContext } from "./claim-context.ts";
import type { NumberFact } from "./fact.ts";
import type { EvidenceIndex } from "./fact-index.ts";
import { agrees, contradicts } from "./number-agreement.ts";
import { supportedBy, UNSUPPORTED, type Verdict, verdict } from "./verdict.ts";

const SPEAKS_OF_CONFIDENCE =
  /\b(?:confiden\w*|certain\w*|probab\w*|likel\w*|chance|sure|weights?|konfidenz|sicher\w*|confiance|confianza|kans)\b/i;

/** "Confidence levels: tempo 93 %, key 82 %". */
const LIST_OF_CONFIDENCES = /^[^\d.;:]*\b(?:confidences?|certaint(?:y|ies)|konfidenz\w*|confiance)\b[^\d.;:]*:/i;

/** "82 % about the key". */
const ABOUT = /^\s*(?:confiden\w+\s|sure\s|certain\w*\s|chance\s)?(?:about|for|in|on|of|that)\b/i;

/** What a confidence is of → the words for it, and the tool whose plain `confidence` it is. */
const SUBJECTS: readonly (readonly [string, RegExp, RegExp])[] = [
  ["tempo", /\btempos?\b|\bBPM\b/gi, /rhythm/],
  ["meter", /\bmet(?:er|re)\b|\btime signature\b|\bbeats per bar\b|\b\d{1,2}\/[248]\b/gi, /^(?!)/],
  ["key", /\bkeys?\b|\b(?:major|minor)\b|\bcamelot\b/gi, /tonal/],
  ["chord", /\bchords?\b/gi, /^(?!)/],
  ["section", /\b(?:structure|sections?|form)\b/gi, /structure/],
  ["speech", /\b(?:speech|music|silence)\b/gi, /speech/],
];

/** Whether a share is said to be a confidence. */
export function isConfidence({ dimension, unit, words }: PlacedNumber): boolean {
  if (dimension !== "ratio") return false;
  if (unit === null || SPEAKS_OF_CONFIDENCE.test(words.before) || SPEAKS_OF_CONFIDENCE.test(words.after)) return true;
  return isAlone(words) || LIST_OF_CONFIDENCES.test(words.sentence);
}

/** "112 BPM (93 %)". */
function isAlone({ lead, after }: PlacedNumber["words"]): boolean {
  return /\((?:about|around|roughly|etwa|environ|[\s~])*$/.test(lead) && /^\s*(?:$|\))/.test(after);
}

/** @param previous the claims before this one in its sentence. */
export function matchConfidence(
  claim: PlacedNumber,
  context: ClaimContext,
  index: EvidenceIndex,
  previous: readonly PlacedCandidate[],
  start: number,
): Verdict {
  const confidences = (index.numbers.get("ratio") ?? []).filter(
    ({ name, scope }) =>
      /(?:^|[_.])(?:confidence|weight)$/.test(name) &&
      (context.trackId === null || scope.trackId === null || scope.trackId === context.trackId),
  );
  const subject = subjectOf(claim, previous, start);
  const facts = subject === null ? confidences : confidences.filter((fact) => isOf(fact, subject));
  const equal =
    facts.find(({ amount, scope }) => !scope.isCandidate && agrees(claim, amount)) ??
    facts.find(({ amount }) => agrees(claim, amount));
  if (equal !== undefined) return supportedBy(equal);
  const main = facts.filter(({ scope }) => !scope.isCandidate && !scope.isPart);
  const isOpen =
    context.part !== null ||
    context.isAlternative ||
    !context.isTrackClear ||
    claim.bound !== null ||
    // It does not say what it is.
    (claim.unit !== null && isAlone(claim.words)) ||
    context.isDifference;
  if (subject === null || isOpen || main.length === 0 || /\bweight/i.test(claim.words.clause)) return UNSUPPORTED;
  return main.every(({ amount }) => contradicts(claim, amount)) ? verdict("contradicted", main[0]) : UNSUPPORTED;
}

type Subject = (typeof SUBJECTS)[number];

/** The subject named last before the claim in its sentence, else after it. */
function subjectOf(claim: PlacedNumber, previous: readonly PlacedCandidate[], sentenceStart: number): Subject | null {
  const { sentence, after } = claim.words;
  const ends = (text: string, pattern: RegExp) =>
    Array.from(text.matchAll(pattern), ({ index, 0: found }) => index + found.length);
  const before = sentence.slice(0, Math.max(0, claim.start - sentenceStart));
  const kind = previous.at(-1);
  let best: Subject | null = null;
  let bestEnd = -1;
  for (const subject of SUBJECTS) {
    const end = Math.max(-1, ...ends(before, subject[1]), kind?.kind === subject[0] ? kind.end - sentenceStart : -1);
    if (end > bestEnd) [best, bestEnd] = [subject, end];
  }
  const follows = ABOUT.test(after) ? SUBJECTS.find(([, words]) => after.search(words) >= 0) : undefined;
  return follows ?? best ?? SUBJECTS.find(([, words]) => after.search(words) >= 0) ?? null;
}

function isOf({ name, scope }: NumberFact, [subject, , tool]: Subject): boolean {
  const last = name.replace(/^.*\./, "");
  if (last === `${subject}_confidence`) return true;
  if (last === "weight") return scope.named.includes(subject) || (subject === "tempo" && scope.named.includes("tempo"));
  if (last !== "confidence") return false;
  if (scope.named.includes(`${subject}s`) || scope.named.endsWith(` ${subject}`)) return true;
  return tool.test(scope.tool) && !scope.isPart;
}
