/** Differences that an answer takes itself: "2.1 LU louder", "12 % faster". */
import type { PlacedNumber } from "./candidate-claim.ts";
import type { ClaimContext } from "./claim-context.ts";
import type { NumberFact } from "./fact.ts";
import { agrees, satisfiesBound } from "./number-agreement.ts";
import { QUANTITIES } from "./quantities.ts";
import { supportedBy, type Verdict, verdict } from "./verdict.ts";

/** Facts of one name; more are a series and differ by anything. */
const MOST = 24;
const DIGITS = 1e6;
const HEADROOM_AFTER = /^\s*(?:of\s+)?(?:\w+\s+)?headroom\b|^\s*(?:below|under)\s+(?:digital )?full[- ]scale\b/i;
const HEADROOM_BEFORE = /\bheadroom\b[^.;]{0,30}$/i;
const isPeak = ({ name }: NumberFact) => /^(?:true_|sample_)?peak_db(?:tp|fs)$/.test(name);

/**
 * Two facts of one field (two tracks, two ranges, value and target) whose difference is the claim's, or whose ratio is, in percent.
 * Facts of two fields are compared only where the sentence names both quantities.
 */
export function matchDifference(
  claim: PlacedNumber,
  context: ClaimContext,
  facts: readonly NumberFact[],
): Verdict | null {
  if (!context.isDifference) return null;
  for (const group of groups(claim, facts)) {
    for (const first of group) {
      for (const second of group) {
        if (first.amount === second.amount) continue;
        const amount = difference(claim, first.amount, second.amount);
        if (amount !== null && agrees(claim, amount))
          return verdict("supported", first, Math.round(amount * DIGITS) / DIGITS);
      }
    }
  }
  return null;
}

/** "8.4 dB of headroom": from the peak up to full scale. */
export function matchHeadroom(claim: PlacedNumber, facts: readonly NumberFact[]): Verdict | null {
  if (claim.dimension !== "db") return null;
  if (!HEADROOM_AFTER.test(claim.words.after) && !HEADROOM_BEFORE.test(claim.words.lead)) return null;
  const peak = facts.find(
    (fact) =>
      isPeak(fact) && !fact.scope.isPart && (agrees(claim, -fact.amount) || satisfiesBound(claim, -fact.amount)),
  );
  return peak === undefined ? null : supportedBy(peak);
}

function difference({ dimension, amount }: PlacedNumber, first: number, second: number): number | null {
  if (dimension === "ratio") return second > 0 && first > 0 ? Math.abs(first / second - 1) : null;
  const signed = first - second;
  return amount < 0 ? -Math.abs(signed) : Math.abs(signed);
}

function groups(claim: PlacedNumber, facts: readonly NumberFact[]): NumberFact[][] {
  const usable = facts.filter(
    ({ scope, isDifference }) => !isDifference && scope.longList === null && !scope.isCandidate,
  );
  const byName = Map.groupBy(usable, ({ name }) => name);
  const same = [...byName.values()].filter((group) => group.length <= MOST && new Set(group.map(subject)).size > 1);
  return [...same, ...namedTogether(claim, usable)];
}

/** Entries of one list differ by anything; values of two tracks or ranges are what is compared. */
function subject({ scope }: NumberFact): string {
  const { trackId, fromSeconds, toSeconds, fromBar, toBar, section } = scope;
  return [trackId, fromSeconds, toSeconds, fromBar, toBar, section].join();
}

/** "The peak is 18.8 dB above the RMS level": facts of the quantities that the sentence names. */
function namedTogether(claim: PlacedNumber, facts: readonly NumberFact[]): NumberFact[][] {
  const spoken = QUANTITIES.filter((quantity) => claim.words.sentence.search(quantity.spoken) >= 0);
  const ofOne = ({ name }: NumberFact) => spoken.some(({ measured }) => measured.test(name));
  return [...Map.groupBy(facts.filter(ofOne), ({ dimension }) => dimension).values()].filter(
    (group) => group.length <= MOST,
  );
}
