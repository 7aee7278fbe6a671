/** Keys, chords and section labels of an answer against those of the results. */
import type { PlacedLabel } from "./candidate-claim.ts";
import type { ClaimContext } from "./claim-context.ts";
import type { LabelFact } from "./fact.ts";
import type { EvidenceIndex } from "./fact-index.ts";
import { keyOfCamelot, readChord, relativeKey } from "./pitch-names.ts";
import { UNSUPPORTED, type Verdict, verdict } from "./verdict.ts";

/** Only where the words say that it is the key of the whole track. */
const SAYS_KEY =
  /\b(?:key|tonality|tonic|camelot|tonart|tonalité|tonalidad)\b|\b(?:in|is|en|be)\s+(?:the (?:key )?of\s+)?\s*$/i;
const HARMONY = /\b(?:chords?|harmon\w+|progression)\b/i;
/** Keys that go well with the measured one are theory, whatever else they are candidates for. */
const MIXES = /\b(?:mix\w*|fits?|compatible)\b/i;
/** "modulates to G major": that the key changes must have been measured; a candidate for all of it is no change. */
const MOVES = /\b(?:modulat\w*|moves?|moving|moved|goes|going|shifts?|changes?|switch\w*|turns?)\b[^.;]{0,30}$/i;
const CHANGES =
  /\b(?:moves?|moving|goes|changes?|to|relative|parallel|dominant|subdominant|fifth|fourth|third|up|down|neighbou?rs?|chords?|scale)\b\s*[^.,;]{0,12}$/i;

export function matchLabel(claim: PlacedLabel, context: ClaimContext, index: EvidenceIndex): Verdict {
  const facts = index.labels.filter(
    ({ scope }) => context.trackId === null || scope.trackId === null || scope.trackId === context.trackId,
  );
  if (claim.kind === "key") return matchKey(claim, context, facts);
  return claim.kind === "chord" ? matchChord(claim, facts) : matchSection(claim, context, facts);
}

function matchKey(claim: PlacedLabel, context: ClaimContext, facts: readonly LabelFact[]): Verdict {
  const key = keyOfCamelot(claim.value) ?? claim.value;
  const keys = facts.filter(({ kind }) => kind === "key");
  const main = keys.filter(({ scope }) => !scope.isCandidate);
  const isCode = key !== claim.value;
  const equal = main.filter(({ value }) => value === key);
  // A code is best shown by a code, a name by a name.
  const best = equal.find(({ raw }) => /^\d/.test(raw) === isCode) ?? equal[0];
  if (best !== undefined) return verdict("supported", best);
  const { before, lead, sentence } = claim.words;
  const isAlternative = context.isAlternative || CHANGES.test(before);
  const candidate =
    isAlternative && !MIXES.test(sentence)
      ? keys.find((fact) => fact.value === key && (!MOVES.test(lead) || isChange(fact)))
      : undefined;
  if (candidate !== undefined) return verdict("supported", candidate);
  const chord = HARMONY.test(sentence) ? readChord(key) : null;
  const sounded = chord === null ? undefined : facts.find(({ kind, value }) => kind === "chord" && value === chord);
  if (sounded !== undefined) return verdict("supported", sounded);
  const relative = /\brelative\b/i.test(sentence) ? main.find(({ value }) => relativeKey(value) === key) : undefined;
  if (relative !== undefined) return verdict("supported", relative);
  const isOpen = isAlternative || context.isGeneral || context.part !== null || !context.isTrackClear;
  const isNamed = SAYS_KEY.test(lead) || SAYS_KEY.test(claim.words.after) || isCode;
  return isOpen || !isNamed || main.length === 0 ? UNSUPPORTED : verdict("contradicted", main[0]);
}

const isChange = ({ scope }: LabelFact) => /changes/.test(scope.named);

function matchChord(claim: PlacedLabel, facts: readonly LabelFact[]): Verdict {
  const fact = facts.find(({ kind, value }) => kind === "chord" && value === claim.value);
  return fact === undefined ? UNSUPPORTED : verdict("supported", fact);
}

/** "A", "B2" (the second B), or a whole form "ABA". */
function matchSection({ value }: PlacedLabel, context: ClaimContext, facts: readonly LabelFact[]): Verdict {
  const form = facts.find(({ kind }) => kind === "form");
  const isForm = /^[A-Z]{2,}$/.test(value);
  const contradicted = (fact: LabelFact | undefined) =>
    fact === undefined || !context.isTrackClear || context.isGeneral || context.isAlternative
      ? UNSUPPORTED
      : verdict("contradicted", fact);
  if (isForm) {
    if (form?.value === value) return verdict("supported", form);
    return form?.value.includes(value) === true && value.length < 4 ? verdict("supported", form) : contradicted(form);
  }
  const sections = facts.filter(({ kind }) => kind === "section");
  const exact = sections.find((fact) => fact.value === value);
  if (exact !== undefined) return verdict("supported", exact);
  const [letter, number] = [value.slice(0, 1), Number(value.slice(1) || "0")];
  const occurrences = sections.filter((fact) => fact.value === letter);
  const occurrence =
    occurrences[Math.max(0, number - 1)] ?? sections.find((fact) => number === 0 && fact.value.startsWith(letter));
  if (occurrence !== undefined) return verdict("supported", occurrence);
  const inForm = form === undefined ? 0 : form.value.split(letter).length - 1;
  if (form !== undefined && inForm >= Math.max(1, number)) return verdict("supported", form);
  return contradicted(form);
}
