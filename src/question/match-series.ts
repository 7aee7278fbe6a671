/** Numbers against series: times that a series lists, and samples at a time that the sentence gives. */
import type { PlacedNumber } from "./candidate-claim.ts";
import type { ClaimContext } from "./claim-context.ts";
import type { SeriesFact } from "./fact.ts";
import type { EvidenceIndex } from "./fact-index.ts";
import { speaksOf } from "./field-words.ts";
import { agrees } from "./number-agreement.ts";
import { type Verdict, verdict } from "./verdict.ts";

/** "the downbeat at 2.14 s": a time of the list that is named. "−20.6 LUFS at 3.2 s": the sample at that time. */
export function matchSeries(
  claim: PlacedNumber,
  { part, trackId }: ClaimContext,
  index: EvidenceIndex,
): Verdict | null {
  for (const series of index.series) {
    if (series.dimension !== claim.dimension) continue;
    if (trackId !== null && series.scope.trackId !== null && series.scope.trackId !== trackId) continue;
    const position = series.name.endsWith("_seconds")
      ? timePosition(claim, series)
      : part?.isPoint === true && part.seconds !== null
        ? samplePosition(claim, series, part.seconds[0])
        : -1;
    if (position >= 0) return verdictOf(series, position);
  }
  return null;
}

function timePosition(claim: PlacedNumber, { name, values, factor, scope }: SeriesFact): number {
  const { sentence } = claim.words;
  const isOfBars = /downbeat/.test(`${name} ${scope.named}`) && /\b(?:bars?|measures?)\b/i.test(sentence);
  if (!isOfBars && !speaksOf(sentence, name.replace(/_times.*$/, "")) && !speaksOf(sentence, scope.named)) return -1;
  return values.findIndex((value) => typeof value === "number" && agrees(claim, value * factor));
}

/** Of the samples around a time the first that agrees. */
function samplePosition(claim: PlacedNumber, series: SeriesFact, seconds: number): number {
  const { hopSeconds, startSeconds, values, factor } = series;
  if (hopSeconds === null) return -1;
  const middle = Math.round((seconds - startSeconds) / hopSeconds);
  return (
    [middle, middle - 1, middle + 1].find((position) => {
      const value = values[position];
      return typeof value === "number" && agrees(claim, value * factor);
    }) ?? -1
  );
}

function verdictOf(series: SeriesFact, position: number): Verdict {
  const { scope, place, startSeconds, hopSeconds, values } = series;
  const raw = values[position];
  const isNumber = typeof raw === "number";
  const at = hopSeconds === null ? (isNumber ? raw * series.factor : null) : startSeconds + position * hopSeconds;
  const fact = { scope, place: { parent: place, key: position }, raw: isNumber ? raw : 0, confidence: null };
  return {
    ...verdict("supported", fact),
    fromSeconds: at,
    toSeconds: hopSeconds === null || at === null ? at : at + hopSeconds,
  };
}
