/** Counts ("25 beats"), places in bars ("bar 17") and meters ("4/4") against the results. */
import type { PlacedNumber } from "./candidate-claim.ts";
import type { ClaimContext } from "./claim-context.ts";
import type { NumberFact } from "./fact.ts";
import type { EvidenceIndex } from "./fact-index.ts";
import { agrees, contradicts } from "./number-agreement.ts";
import { supportedBy, UNSUPPORTED, type Verdict, verdict } from "./verdict.ts";

/** A count of a named thing; one that is said to be of all there is can be contradicted. */
export function matchCount(claim: PlacedNumber, context: ClaimContext, index: EvidenceIndex): Verdict {
  const facts = ofTrack(index.numbers.get("count") ?? [], context).filter(({ name }) => counts(name, claim.noun ?? ""));
  const equal = facts.find(({ amount }) => agrees(claim, amount));
  if (equal !== undefined) return supportedBy(equal);
  const whole = facts.filter(({ scope }) => !scope.isPart && !scope.isCandidate);
  const isOpen = context.part !== null || context.isGeneral || context.isAlternative || !context.isTrackClear;
  if (!claim.isTotal || claim.bound !== null || isOpen || whole.length === 0) return UNSUPPORTED;
  return whole.every(({ amount }) => contradicts(claim, amount)) ? verdict("contradicted", whole[0]) : UNSUPPORTED;
}

/** "beat_count", "sections_count", "channels", "clipped_samples" → what is counted. */
function counts(field: string, noun: string): boolean {
  const counted = field
    .replace(/^.*\./, "")
    .replace(/_count$/, "")
    .replaceAll("_", " ")
    .replace(/s$/, "");
  // Every downbeat begins a bar.
  return counted === noun || (noun === "bar" && counted === "downbeat");
}

/** A bar that a result names, lies between two that it names, or begins at a downbeat that it lists. */
export function matchBar(claim: PlacedNumber, context: ClaimContext, index: EvidenceIndex): Verdict {
  const facts = ofTrack(index.numbers.get("bar") ?? [], context);
  const equal = facts.find(({ amount }) => amount === claim.amount);
  if (equal !== undefined) return supportedBy(equal);
  const [least, greatest] = [facts.find(isFirst), facts.find(isLast)];
  if (least !== undefined && greatest !== undefined && claim.amount > least.amount && claim.amount < greatest.amount)
    return supportedBy(least);
  const downbeats = index.series.find(
    ({ name }) => name === "downbeat_times_seconds" || name === "times_seconds.downbeat",
  );
  const begin = downbeats?.values[claim.amount - 1];
  if (downbeats === undefined || downbeats.scope.isPart || typeof begin !== "number") return UNSUPPORTED;
  const place = { parent: downbeats.place, key: claim.amount - 1 };
  return { ...verdict("supported", { ...downbeats, place, raw: claim.amount, confidence: null }), fromSeconds: begin };
}

const isFirst = ({ name, place }: NumberFact) => name === "from_bar" || place.parent?.key === "begin";
const isLast = ({ name, place }: NumberFact) => name === "to_bar" || place.parent?.key === "end";

/** A meter by its beats per bar; 6/8 may have been counted in two, 12/8 in four. */
export function matchMeter(claim: PlacedNumber, context: ClaimContext, index: EvidenceIndex): Verdict {
  const facts = ofTrack(index.numbers.get("meter") ?? [], context);
  const isCompound =
    typeof claim.value === "string" && claim.value.endsWith("/8") && claim.amount % 3 === 0 && claim.amount > 3;
  const same = ({ amount }: NumberFact) => amount === claim.amount || (isCompound && amount === claim.amount / 3);
  const main = facts.filter(({ scope }) => !scope.isCandidate);
  const equal = main.find(same) ?? (context.isAlternative ? facts.find(same) : undefined);
  if (equal !== undefined) return supportedBy(equal);
  if (context.part !== null || context.isGeneral || context.isAlternative || !context.isTrackClear) return UNSUPPORTED;
  return main.length === 0 ? UNSUPPORTED : verdict("contradicted", main[0]);
}

function ofTrack(facts: readonly NumberFact[], { trackId }: ClaimContext): readonly NumberFact[] {
  return facts.filter(({ scope }) => trackId === null || scope.trackId === null || scope.trackId === trackId);
}
