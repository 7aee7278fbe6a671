/** A number of an answer against the numbers of the results. */
import type { PlacedNumber } from "./candidate-claim.ts";
import type { ClaimContext, Part } from "./claim-context.ts";
import type { NumberFact, Scope } from "./fact.ts";
import type { EvidenceIndex } from "./fact-index.ts";
import { speaksOf } from "./field-words.ts";
import { matchDifference, matchHeadroom } from "./match-difference.ts";
import { matchSeries } from "./match-series.ts";
import { agrees, contradicts, isWithinRange, satisfiesBound } from "./number-agreement.ts";
import { namedQuantity, type Quantity } from "./quantities.ts";
import type { Dimension } from "./units.ts";
import { supportedBy, UNSUPPORTED, type Verdict, verdict } from "./verdict.ts";

/** Which facts a claim of a dimension may be about: "dB" is said of every level. */
const COMPATIBLE: Partial<Readonly<Record<Dimension, readonly Dimension[]>>> = {
  db: ["db", "lu", "dbfs", "dbtp"],
  lu: ["lu", "db"],
  dbfs: ["dbfs", "dbtp"],
};
/** Facts of these dimensions count for a claim of another one only where the claim names what they measure. */
const OWN_ONLY: ReadonlySet<Dimension> = new Set(["lufs", "dbfs", "dbtp"]);
const MAXIMUM = /\b(?:max\w*|peak\w*|loudest|highest|greatest|up to|at most|as (?:high|loud) as|hits?|hitting)\b/i;
const STATISTICS: readonly (readonly [RegExp, RegExp])[] = [
  [/\b(?:mean|average[sd]?|averaging)\b/i, /\.mean$/],
  [MAXIMUM, /\.max$/],
  [/\b(?:min\w*|quietest|lowest|smallest|dips?)\b/i, /\.min$/],
];
/** "the -1 dBTP ceiling": what is asked for, even where a measured value rounds to it. */
const LIMIT_AFTER = /^\s*(?:true[- ]peak\s+)?(?:ceiling|limit|targets?|threshold|maximum allowed)\b/i;
const GAIN =
  /\b(?:LUFS|gains?|rais\w*|boost\w*|turn\w*|louder|quieter|leiser|lauter|level\w*|amplif\w*|attenuat\w*|targets?|streaming|broadcast|podcast|spotify|apple|normali[sz]\w*|too (?:quiet|loud))\b/i;
const HALF = /\b(?:half|halved|half-time)\b/i;
const DOUBLE = /\b(?:double|doubled|double-time|twice)\b/i;

export function matchNumber(claim: PlacedNumber, context: ClaimContext, index: EvidenceIndex): Verdict {
  const quantity = context.isDifference ? null : namedQuantity(claim.dimension, claim.words);
  const facts = factsFor(claim, context, index);
  const found =
    matchHeadroom(claim, facts) ??
    support(claim, context, facts, quantity) ??
    (quantity === null || quantity.isLoose || context.isDifference ? matchDifference(claim, context, facts) : null) ??
    matchSeries(claim, context, index) ??
    halfOrDouble(claim, facts);
  if (found !== null) return found;
  if (
    claim.bound !== null ||
    context.isDifference ||
    context.isGeneral ||
    context.isAlternative ||
    !context.isTrackClear
  )
    return UNSUPPORTED;
  const rival =
    context.part === null ? measuredOtherwise(claim, facts, quantity) : measuredInPart(claim, context.part, facts);
  return rival === null ? UNSUPPORTED : verdict("contradicted", rival);
}

/** Facts of compatible dimensions and of the claim's track; of its part, where the results have facts of that part. */
function factsFor(
  claim: PlacedNumber,
  { trackId, part, isDifference }: ClaimContext,
  index: EvidenceIndex,
): readonly NumberFact[] {
  const levels = isDifference && (claim.dimension === "db" || claim.dimension === "lu") ? (["lufs"] as const) : [];
  const dimensions = [...(COMPATIBLE[claim.dimension] ?? [claim.dimension]), ...levels];
  const lists = [...index.listed].filter(([name]) => speaksOf(claim.words.sentence, name));
  const facts = [index.numbers, ...lists.map(([, numbers]) => numbers)].flatMap((numbers) =>
    dimensions.flatMap((dimension) => numbers.get(dimension) ?? []),
  );
  const ofTrack =
    trackId === null ? facts : facts.filter(({ scope }) => scope.trackId === null || scope.trackId === trackId);
  if (part === null || part.isPoint) return ofTrack;
  const ofPart = ofTrack.filter(({ scope }) => isSamePart(scope, part));
  return ofPart.length > 0 && claim.dimension !== "seconds" ? ofPart : ofTrack;
}

/** Whether a result is about the part that the words name. */
function isSamePart(scope: Scope, { seconds, bars, section }: Part): boolean {
  if (!scope.isPart) return false;
  if (bars !== null) return scope.fromBar === bars[0] && scope.toBar === bars[1];
  if (section !== null) return scope.section === section || scope.section === `${section}1`;
  if (seconds === null || scope.fromSeconds === null || scope.toSeconds === null) return false;
  return Math.abs(scope.fromSeconds - seconds[0]) <= 0.6 && Math.abs(scope.toSeconds - seconds[1]) <= 1.1;
}

function support(
  claim: PlacedNumber,
  context: ClaimContext,
  facts: readonly NumberFact[],
  quantity: Quantity | null,
): Verdict | null {
  const isMeant = (fact: NumberFact) => isAllowed(fact, claim, context, quantity);
  const agree = (fact: NumberFact) =>
    agrees(claim, fact.amount) ||
    (fact.isDifference &&
      (context.isDifference || claim.dimension === "semitones") &&
      agrees(claim, Math.abs(fact.amount)));
  // Few agree, and asking that is cheaper than asking what is meant.
  const equal = quantity === null && !isOtherEndFound(claim, facts) ? [] : facts.filter(agree).filter(isMeant);
  const best =
    equal.find(({ name, scope }) => quantity?.measured.test(name) && !scope.isCandidate) ??
    equal.find(({ scope }) => !scope.isCandidate) ??
    equal[0];
  if (best !== undefined) return supportedBy(best);
  // Of other music's range this track is no instance.
  if (context.isGeneral || (claim.range === null && claim.bound === null)) return null;
  const near = facts.find(
    ({ name, amount, scope }) =>
      !scope.isCandidate &&
      !scope.isPart &&
      quantity?.measured.test(name) &&
      (isWithinRange(claim, amount) || satisfiesBound(claim, amount)),
  );
  return near === undefined ? null : supportedBy(near);
}

/** Of a range that names nothing both ends must be measured: one alone is met by chance. */
function isOtherEndFound(claim: PlacedNumber, facts: readonly NumberFact[]): boolean {
  if (claim.range === null) return true;
  const amount = claim.range.from === claim.amount ? claim.range.to : claim.range.from;
  return facts.some((fact) => agrees({ ...claim, amount }, fact.amount));
}

/** Whether a fact may be what the claim means at all, whatever its value. */
function isAllowed(fact: NumberFact, claim: PlacedNumber, context: ClaimContext, quantity: Quantity | null): boolean {
  const { scope, name, dimension } = fact;
  const isNamed = quantity !== null && (quantity.measured.test(name) || quantity.also?.test(name) === true);
  if (quantity !== null && !quantity.isLoose && !isNamed) return false;
  if (scope.isCandidate && !context.isAlternative) return false;
  if (LIMIT_AFTER.test(claim.words.after) && !fact.isDifference && !name.startsWith("target")) return false;
  if (name.includes("_after_") && !context.isGeneral) return false;
  // What a platform's level asks for is no gain of an equaliser and no distance of two other levels.
  if (name === "gain_db" && !isGainMeant(claim)) return false;
  // What a platform asks for is no measurement of this track.
  if (!isNamed && /^target|_after_/.test(name) && !context.isGeneral && !speaksOf(claim.words.clause, scope.named))
    return false;
  if (quantity?.isLoose === true && name.includes("_max_") && !MAXIMUM.test(claim.words.clause)) return false;
  const isLevel = claim.dimension === "db" || claim.dimension === "lu";
  if (context.isDifference && isLevel && !fact.isDifference && !speaksOf(claim.words.sentence, name)) return false;
  // A gain for the whole track says nothing of a part of it.
  if (fact.isDifference && context.part !== null && !scope.isPart) return false;
  // How long an entry of a list lasts is not how long the track does.
  if (name === "duration_seconds" && quantity !== null && scope.isPart && context.part === null) return false;
  if (!isStatisticMeant(fact, claim, context)) return false;
  if (dimension !== claim.dimension && OWN_ONLY.has(dimension) && !isNamed) return false;
  if (claim.dimension === "ratio" && !isNamed) {
    if (fact.isDifference) return context.isDifference;
    return speaksOf(claim.words.clause, name) || speaksOf(claim.words.clause, lastWord(fact));
  }
  return true;
}

function isGainMeant({ words }: PlacedNumber): boolean {
  return GAIN.test(`${words.sentence} ${words.headings}`) && !/Hz\b/i.test(words.clause);
}

/** The mean, least or greatest of a series is meant where the words say so, the mean also where they name a part. */
function isStatisticMeant({ name, scope }: NumberFact, { words }: PlacedNumber, { part }: ClaimContext): boolean {
  const statistic = STATISTICS.find(([, field]) => field.test(name));
  if (statistic === undefined || !scope.isPart) return true;
  return statistic[0].test(words.clause) || (part !== null && name.endsWith(".mean"));
}

function lastWord({ place }: NumberFact): string {
  return typeof place.key === "string" ? place.key : "";
}

/** A tempo said to be half or double of the measured one. */
function halfOrDouble(claim: PlacedNumber, facts: readonly NumberFact[]): Verdict | null {
  if (claim.dimension !== "tempo") return null;
  const { lead: before, after } = claim.words;
  const factors = [
    ...(HALF.test(before) || HALF.test(after) ? [0.5] : []),
    ...(DOUBLE.test(before) || DOUBLE.test(after) ? [2] : []),
  ];
  const fact = facts.find(
    ({ name, amount, scope }) =>
      name === "tempo_bpm" && !scope.isCandidate && factors.some((factor) => agrees(claim, amount * factor)),
  );
  return fact === undefined ? null : supportedBy(fact);
}

/** The fact that measures what the claim names, of the whole track, where all of them differ. */
function measuredOtherwise(
  claim: PlacedNumber,
  facts: readonly NumberFact[],
  quantity: Quantity | null,
): NumberFact | null {
  if (quantity === null) return null;
  const measured = facts.filter(
    ({ name, scope }) => !scope.isPart && !scope.isCandidate && quantity.measured.test(name),
  );
  // A number of another name for the same thing ("the loudness peaks at …") is no contradiction of the main one.
  if (
    quantity.isLoose &&
    /\b(?:max\w*|peak\w*|min\w*|average\w*|mean|up to|as (?:high|low) as|ranges?|varies)\b/i.test(claim.words.clause)
  )
    return null;
  return measured.length > 0 && measured.every(({ amount }) => contradicts(claim, amount)) ? measured[0] : null;
}

/** The one statistic of exactly the part that the claim names. */
function measuredInPart(claim: PlacedNumber, part: Part, facts: readonly NumberFact[]): NumberFact | null {
  const pattern = STATISTICS.find(([spoken]) => spoken.test(claim.words.clause))?.[1];
  if (pattern === undefined || part.isPoint) return null;
  const series = ["momentary", "short_term"].find((name) => speaksOf(claim.words.sentence, name)) ?? "";
  const measured = facts.filter(
    ({ name, scope, dimension }) =>
      dimension === claim.dimension && pattern.test(name) && isSamePart(scope, part) && scope.named.includes(series),
  );
  return measured.length > 0 && measured.every(({ amount }) => contradicts(claim, amount)) ? measured[0] : null;
}
