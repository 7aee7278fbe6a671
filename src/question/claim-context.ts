/** What the words around a claim say of it: denied, an alternative, a difference, general knowledge, of a part, of which track. */
import type { PlacedCandidate } from "./candidate-claim.ts";
import type { EvidenceIndex } from "./fact-index.ts";
import { QUANTITIES } from "./quantities.ts";

/** A part of a track that a sentence speaks of. */
export interface Part {
  /** Both null where the words name a part that no result can be found by ("the chorus"). */
  readonly seconds: readonly [number, number] | null;
  readonly bars: readonly [number, number] | null;
  readonly section: string | null;
  /** A single moment. */
  readonly isPoint: boolean;
}

export interface ClaimContext {
  readonly isAlternative: boolean;
  readonly isGeneral: boolean;
  readonly isDifference: boolean;
  readonly part: Part | null;
  /** null where it is unclear. */
  readonly trackId: string | null;
  readonly isTrackClear: boolean;
}

const NEGATED =
  /(?:\b(?:not|never|rather than|instead of|as opposed to|unlike|nicht|kein|pas|isn't|no)|n't)\s+(?:(?:at|in|exactly|be|really|quite|a|an|the|of|simply|actually|just|about|around|en)\s+)*$/i;
const STRONG_ALTERNATIVE =
  /\b(?:alternativ\w*|candidates?|runners?[- ]up|rivals?|ambigu\w*|second choice|next (?:best|likeliest|most likely)|less likely|other (?:option|reading|possibilit)\w*)\b/i;
/** Columns of tables whose rows are alternatives. */
const RANKED = /\b(?:candidates?|rank|alternatives?|options?|scores?|weights?)\b|#/i;
/** "D minor and B flat major are the runners-up." */
const IS_ALTERNATIVE =
  /^[^.;:]{0,40}\b(?:is|are|was|were|would be|remains?)\s+(?:(?:the|a|an|its|also|only|possible|other|closest|two)\s+){0,3}(?:alternativ\w*|candidates?|runners?[- ]up|rivals?)\b/i;
const ALTERNATIVE =
  /\b(?:could|might|may|possibl[ey]|perhaps|maybe|or|instead|otherwise|followed by|half|double|twice|half-time|double-time|also|plausible|unlikely|relative|versus|vs|weights?|octave|eventuell|möglich\w*|vielleicht|oder|alternativ\w*|parallel\w*|peut-être|éventuellement|ou|quizás?|o bien)\b/iu;
const GENERAL =
  /\b(?:typical\w*|usual\w*|often|common\w*|generally|standards?|targets?|recommend\w*|should|would|if|could|might|genres?|ideal\w*|aim\w*|reach|for example|e\.g|convention\w*|(?<!at )most|services?|platforms?|spotify|youtube|apple|tidal|broadcast\w*|EBU|R ?128|ATSC|ceiling|limits?|threshold|tags?|title|titled|metadata|filename|named|says|asks?|asked|require\w*|must|needs?|keep|normali[sz]\w*|after|rais(?:e|es|ed|ing)|boost(?:s|ed|ing)?|appl(?:y|ies|ied|ying)|allow\w*|assum\w*|suppos\w*|claim\w*|expect\w*|user|you (?:said|mentioned|asked)|to (?:hit|get to|match|meet)|compatible|mix\w*|transpos\w*|modulat\w*|shift\w*|stretch\w*|reference|another|other|think|akin|resembl\w*|similar|compar\w*|previous\w*|earlier|originals?|originally|versions?|wrote|written|composed|house|techno|trance|dubstep|hip[- ]?hop|jazz|rock|pop|drum (?:and|&|n) bass|(?:most|many|other|some|traditional|modern|club|commercial|live) (?:\w+ )?(?:tracks?|songs?|records|recordings|performances|versions|masters|mixes|productions)|performances|remix\w*|üblich\w*|normalerweise|typisch\w*|meistens?|wäre\w*|könnte\w*|sollte\w*|wenn|falls|würde\w*|typiquement|généralement|habituellement|souvent|serait|pourrait|devrait|normalmente|suele\w*|sería|podría)\b/iu;
const DIFFERENCE_AFTER =
  /^\s*(?:of\s+)?(?:(?:much|slightly|a bit|bit|too|in|its)\s+)*(?:louder|quieter|softer|higher|lower|faster|slower|longer|shorter|brighter|darker|more|less|fewer|wider|narrower|above|below|under|over|apart|differences?|gain|headroom|boost|reduction|attenuation|increase|decrease|drop|rise|jump|gap|off|away|up|down|short of|hotter|greater|smaller|stretch|shift|ahead|behind|later|earlier)\b/i;
const DIFFERENCE_BEFORE =
  /\b(?:by|differences?|differ\w*|gains?|rais\w*|reduc\w*|boost\w*|attenuat\w*|turn\w*|rises?|rose|drops?|falls?|increas\w*|decreas\w*|headroom|gap|margin|spread|chang\w*|add\w*|los(?:es?|ing|s)|exceed\w*|pull\w*|push\w*|lift\w*|lower(?:ed|ing)? (?:it )?by|another|stretch\w*|shift\w*)\b[^.,;:]{0,24}$/i;
/** What follows is of a track that somebody has yet to make. */
const HYPOTHETIC =
  /\b(?:if|would|could|after|once|rais(?:e|ing)|boost(?:ing)?|appl(?:y|ying)|turn(?:ing)? (?:it )?(?:up|down)|slow(?:ing)?|speed(?:ing)?|transpos(?:e|ing|ed)|wenn|nach|würde|après|si (?:vous|on|tu|se|lo|la))\b/iu;
/** "± 0.1 BPM", "within 1 BPM of": how far off, no value. */
const TOLERANCE = /(?:±|\+\s?\/\s?-|plus or minus|\bgive or take|\bwithin)\s*(?:about\s+|~)?$/i;
const ASKS = /\?["'”)\]\s]*$/;
/** Names of files that any sentence may hold. */
const EVERYDAY =
  /^(?:\d+|.{1,2}|the|this|that|it's|and|with|not|are|you|one|two|three|first|second|track|song|file|audio|music|recording|sound|mix|mixdown|master|demo|loop|drums?|bass|vocals?|voice|speech|melody|chords?|piano|guitar|keys?|major|minor|bpm|lufs|intro|outro|verse|chorus|bridge|section|part|fast|slow|high|low|silence|noise|time|signature|met(?:er|re)|results?|peak)$/i;
/** Things in a track that last, too. */
const LASTS =
  /\b(?:bars?|beats?|notes?|chords?|silences?|gaps?|pauses?|fades?|hits?|loops?|phrases?|breaks?|decays?|tails?)\b/i;
const PART =
  /\b(?:(?:the|this|that|each|every|first|second|third|last|final|opening|middle) (?:[A-Z]\d? )?(?:section|passage|segment|half|quarter|third|phrase)|chorus(?:es)?|verses?|intro(?:duction)?|outro|bridge|drop|breakdown|hook|refrain|coda|solo|(?:first|last|opening|final) (?:\S+ )?(?:seconds|minutes?|bars|beats)|at the (?:start|beginning|end)|towards? the|locally|in places|moments?|in the middle|halfway|(?:returns?|drops?|slows?(?: down)?|speeds?(?: up)?|rises?|falls?|climbs?) (?:back )?to)\b/i;
const SECTION =
  /\b(?:section|part) ["“']?([A-Z]\d?)\b(?!\s*[-–]\s*[A-Z]\b)|\b(?:the|first|second|third) (?:second |first )?([A-Z]\d?) (?:section|part)\b/;
const BARS = /\b(?:bars?|measures?)\s+(\d+)(?:\s*(?:-|–|to|through|and)\s*(\d+))?/i;
const POINT_BEFORE =
  /(?:\b(?:at|around|near|after|before|until|by|from|between|to|and|over|within|starting|begins?|ends?|in)|@|[-–(])\s*(?:the|about|around|roughly|~)?\s*$/i;

export function isNegated({ words }: PlacedCandidate): boolean {
  return NEGATED.test(words.lead.slice(-60));
}

/** @param neighbours the candidates of the same sentence. */
export function contextOf(
  claim: PlacedCandidate,
  neighbours: readonly PlacedCandidate[],
  index: EvidenceIndex,
  sentenceStart: number,
): ClaimContext {
  const { sentence, before, after, lead } = claim.words;
  const untilClaim = sentence.slice(0, Math.max(0, claim.start - sentenceStart));
  const track = trackOf(sentence, index);
  return {
    isAlternative:
      RANKED.test(claim.words.headings) ||
      STRONG_ALTERNATIVE.test(untilClaim) ||
      IS_ALTERNATIVE.test(sentence.slice(claim.end - sentenceStart)) ||
      ALTERNATIVE.test(before) ||
      ALTERNATIVE.test(after),
    isGeneral:
      ASKS.test(sentence) ||
      HYPOTHETIC.test(statement(untilClaim)) ||
      (isTime(claim) && LASTS.test(before)) ||
      GENERAL.test(after) ||
      GENERAL.test(isQuantityNamed(before) ? before : statement(untilClaim)),
    isDifference: isDifference(claim, lead, after),
    part: partOf(claim, neighbours, sentence, sentenceStart),
    trackId: track,
    isTrackClear: index.trackIds.size <= 1 || track !== null,
  };
}

/** Back to where another statement ends: "…, but", "…;". */
function statement(text: string): string {
  return text.split(/;|,\s+(?:and|but|while|whereas|so|this)\b/).at(-1) ?? "";
}

function isQuantityNamed(text: string): boolean {
  return QUANTITIES.some(({ spoken }) => text.search(spoken) >= 0);
}

function isDifference(claim: PlacedCandidate, lead: string, after: string): boolean {
  if (claim.kind !== "number" || claim.dimension === "lufs" || claim.dimension === "count" || claim.dimension === "bar")
    return false;
  return TOLERANCE.test(lead) || DIFFERENCE_AFTER.test(after) || DIFFERENCE_BEFORE.test(lead);
}

/** The only track there is, or the only one that the sentence names. */
function trackOf(sentence: string, { trackIds, trackNames }: EvidenceIndex): string | null {
  if (trackIds.size === 1) return [...trackIds][0];
  const text = sentence.toLowerCase();
  const named = new Set([...trackIds].filter((id) => text.includes(id.toLowerCase())));
  for (const [name, id] of trackNames) if (isNamed(text, name)) named.add(id);
  return named.size === 1 ? [...named][0] : null;
}

/** A file called "tempo.wav" is named by "tempo.wav" and not by every sentence about the tempo. */
function isNamed(text: string, name: string): boolean {
  if (name.length < 2 || !containsWord(text, name)) return false;
  return (
    (!EVERYDAY.test(name) && !isQuantityNamed(name)) ||
    /^\.[a-z0-9]{2,5}\b/.test(text.slice(text.indexOf(name) + name.length))
  );
}

function containsWord(text: string, word: string): boolean {
  const place = text.indexOf(word);
  const isWordPart = (character: string | undefined) => character !== undefined && /[\p{L}\d]/u.test(character);
  return place >= 0 && !isWordPart(text[place - 1]) && !isWordPart(text[place + word.length]);
}

function partOf(
  claim: PlacedCandidate,
  neighbours: readonly PlacedCandidate[],
  sentence: string,
  sentenceStart: number,
): Part | null {
  if (claim.kind === "number" && claim.dimension === "bar") return null;
  const bars = BARS.exec(sentence);
  if (bars !== null && !(claim.kind === "number" && claim.noun === "bar")) {
    const first = Number(bars[1]);
    return { seconds: null, bars: [first, Number(bars[2] ?? first)], section: null, isPoint: false };
  }
  const times = neighbours.filter(
    (other) =>
      other !== claim &&
      other.kind === "number" &&
      other.dimension === "seconds" &&
      POINT_BEFORE.test(sentence.slice(Math.max(0, other.start - sentenceStart - 40), other.start - sentenceStart)),
  );
  const seconds = times.map((time) => (time.kind === "number" ? time.amount : 0));
  if (seconds.length > 0 && !isTime(claim)) {
    const isPoint = seconds.length === 1;
    return { seconds: [Math.min(...seconds), Math.max(...seconds)], bars: null, section: null, isPoint };
  }
  const section = SECTION.exec(sentence);
  const isForm = claim.kind === "section" || (claim.kind === "number" && claim.noun === "section");
  if (section !== null && !isForm) return { ...SOME_PART, section: section[1] ?? section[2] };
  return PART.test(sentence) && !isForm ? SOME_PART : null;
}

function isTime(claim: PlacedCandidate): boolean {
  return claim.kind === "number" && claim.dimension === "seconds";
}

const SOME_PART: Part = { seconds: null, bars: null, section: null, isPoint: false };
