/** Numbers with a unit, counts, places in bars, confidences and meters of a text. */
import type { NumberCandidate } from "./candidate-claim.ts";
import { labelUnit } from "./label-units.ts";
import { type SpokenUnit, unitAt } from "./units.ts";
import { type WrittenNumber, writtenNumbers } from "./written-number.ts";

const COUNTED =
  "beats?|downbeats?|bars?|measures?|sections?|onsets?|notes?|clicks?|channels?|chords?|segments?|dropouts?|tracks?|key changes?|clipped samples?|samples?|findings?|zero crossings?|candidates?";
/** Words that leave a count what it is; others ("different", "main") make it a count of something else. */
const PLAIN = "detected|total|individual|separate|distinct|audible|clear|tracked|measured|found|audio";
const OTHER = "main|different|unique|long|short|strong|weak|quiet|loud|similar|new|more|sure";
const OTHER_WORD = new RegExp(`\\b(?:${OTHER})\\b`, "i");
const NOUN_AFTER = new RegExp(`[\\s\\u00a0]?-?[\\s\\u00a0]*((?:(?:${PLAIN}|${OTHER})\\s+){0,2})(${COUNTED})\\b`, "iuy");
const NOUN_BEFORE = new RegExp(
  `\\b(?:number of (${COUNTED})|(${COUNTED})(?: count)?)[\\s\\u00a0]*(?:[:=|]|is\\b|of\\b)[\\s\\u00a0|]*$`,
  "iu",
);
const TOTAL_BEFORE =
  /\b(?:there (?:are|were|is)|has|have|contains?|detect(?:s|ed)|found|finds|count(?:s|ed)|total of|in total|consists? of|comprises|divided into|split into|made (?:up )?of|with|falls into|breaks (?:down )?into)\s+(?:a total of\s+|exactly\s+|only\s+|about\s+)*$/i;
const TOTAL_AFTER = /^\s*(?:in total|overall|altogether|were|are|was|is|in the (?:track|recording|file|song|clip))\b/i;
const PLACE_BEFORE = /\b(bars?|measures?|beats?|takte?|mesures?|compás(?:es)?)[\s\u00a0]+$/iu;
const CONFIDENCE_BEFORE =
  /\b(?:confidence|certainty|probability|chance|weight|likelihood|konfidenz|confiance|confianza)\b(?: (?:score|level|value|is|of|at|being|remains|here|stands))*[\s:=|(~]*(?:of |is |at |about |around )?$/i;
const CONFIDENCE_AFTER = /^\s*(?:confidence|certainty|probability|weight)\b/i;
const APPROXIMATE =
  /(?:[~≈]|\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|circa|ca\.|some|close to|near|in the region of|etwa|ungefähr|rund|environ|unos|aproximadamente|just (?:under|over|below|above)))\s*$/i;
const BELOW =
  /(?:[<≤]|\b(?:below|under|less than|fewer than|lower than|at most|no more than|within|quieter than|slower than|shorter than|not exceed))\s*(?:the\s+)?$/i;
const ABOVE =
  /(?:[>≥]|\b(?:above|over|more than|greater than|higher than|at least|exceed(?:s|ing|ed)?|no less than|louder than|faster than|longer than|beyond))\s*(?:the\s+)?$/i;
/** "20 cents flat" is −20. */
const FLAT = /^\s*(?:too )?(?:flat|low)\b/i;
const RANGE = /^[\s\u00a0]*(?:–|—|-|to|through|bis|à|a)[\s\u00a0]*$/iu;
const BETWEEN = /^[\s\u00a0]*(?:and|und|et|y)[\s\u00a0]*$/iu;
const BETWEEN_BEFORE =
  /\b(?:between|zwischen|entre)\s+(?:(?:roughly|about|around|approximately|some|etwa|rund|environ|unos)\s+)?$/i;
const LISTED = /^[\s\u00a0]*(?:,|\/|or|and|,\s*(?:and|or)|und|oder|et|ou|y|o)[\s\u00a0]*$/iu;
const METER = /(?<![\w/.:])(1[0-5]|[2-9])\/(2|4|8)(?![\w/]|\s+of\b)/g;
const SPOKEN_METER =
  /\b(?:in|count(?:ed)? in|felt in|grouped in)\s+(two|three|four|five|six|seven)(?=\s*(?:[.,;)]|$|time\b|with\b|and\b))/gi;
const WALTZ = /\bwaltz (?:time|meter|metre)\b/gi;
const METER_WORDS: Readonly<Record<string, number>> = { two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7 };

/** A number that has found its unit. */
interface WithUnit {
  readonly number: WrittenNumber;
  readonly unit: SpokenUnit;
  readonly end: number;
  readonly noun: string | null;
  readonly isTotal: boolean;
}

/** @param headingAt what a table's column over a place of the text is called. */
export function findNumbers(
  text: string,
  decimalComma: boolean,
  headingAt: (place: number) => string | null = () => null,
): NumberCandidate[] {
  const meters = findMeters(text);
  const numbers = writtenNumbers(text, decimalComma).filter(({ start, end }) => !overlaps(meters, start, end));
  const found: (WithUnit | null)[] = numbers.map((number) => withUnit(text, number, headingAt(number.start)));
  inheritUnits(text, numbers, found);
  return [...meters, ...candidates(text, found)].sort((a, b) => a.start - b.start);
}

function overlaps(others: readonly { start: number; end: number }[], start: number, end: number): boolean {
  return others.some((other) => start < other.end && end > other.start);
}

function withUnit(text: string, number: WrittenNumber, heading: string | null): WithUnit | null {
  if (number.timeCode) return { ...plain(number, SECONDS), end: endOfTimeCode(text, number) };
  const before = text.slice(Math.max(0, number.start - 60), number.start).replace(APPROXIMATE, "");
  const after = text.slice(number.end, number.end + 60);
  const unit = unitAt(text, number.end);
  if (unit !== null) return isDecade(text, number, unit) ? null : { ...plain(number, unit), end: unit.end };
  return (
    counted(text, number, before) ??
    place(number, before) ??
    confidence(number, before, after) ??
    labelled(text, number, before, heading)
  );
}

/** A number that ends its cell or line, or that a comma or bracket follows, may have its unit in the label before it. */
function labelled(text: string, number: WrittenNumber, before: string, heading: string | null): WithUnit | null {
  const rest = text.slice(number.end);
  if (!/^[\s\u00a0]*(?:$|[|,;()]|[.](?:\s|$)|\n|[-–±~]|to\b)/u.test(rest)) return null;
  const unit = labelUnit(before, rest.slice(0, 40), heading);
  if (unit === null || (unit.unit === "" && (number.value < 0 || number.value > 1))) return null;
  return plain(number, unit);
}

const SECONDS: SpokenUnit = { unit: "s", dimension: "seconds", factor: 1 };
const plain = (number: WrittenNumber, unit: SpokenUnit): WithUnit => ({
  number,
  unit,
  end: number.end,
  noun: null,
  isTotal: false,
});

/** "0:45 min" is 45 seconds. */
function endOfTimeCode(text: string, { end }: WrittenNumber): number {
  return end + (/^\s?(?:min|minutes|mins|m|s)\b/.exec(text.slice(end, end + 10))?.[0].length ?? 0);
}

/** "1980s", "the 90s". */
function isDecade(text: string, { start, end }: WrittenNumber, { unit }: SpokenUnit): boolean {
  return (
    unit === "s" &&
    (/^(?:1[89]|20)\d0s/.test(text.slice(start)) ||
      (/\bthe '?$/.test(text.slice(0, start)) && /^\d0s/.test(text.slice(start, end + 1))))
  );
}

function counted(text: string, number: WrittenNumber, before: string): WithUnit | null {
  if (!Number.isInteger(number.value) || number.value < 0) return null;
  NOUN_AFTER.lastIndex = number.end;
  const after = NOUN_AFTER.exec(text);
  if (after !== null && after[2].toLowerCase() !== "s") {
    const end = number.end + after[0].length;
    const isPlain = !OTHER_WORD.test(after[1]);
    const isTotal = isPlain && (TOTAL_BEFORE.test(before) || TOTAL_AFTER.test(text.slice(end, end + 30)));
    return { number, unit: countUnit(after[2]), end, noun: singular(after[2]), isTotal };
  }
  const match = NOUN_BEFORE.exec(before);
  const noun = match?.[1] ?? match?.[2];
  if (noun === undefined) return null;
  return { number, unit: countUnit(noun), end: number.end, noun: singular(noun), isTotal: true };
}

function countUnit(noun: string): SpokenUnit {
  return { unit: noun.toLowerCase(), dimension: "count", factor: 1 };
}

function singular(noun: string): string {
  const one = noun.toLowerCase().replace(/s$/, "");
  return one === "measure" ? "bar" : one;
}

function place(number: WrittenNumber, before: string): WithUnit | null {
  const word = PLACE_BEFORE.exec(before)?.[1];
  if (word === undefined || !Number.isInteger(number.value)) return null;
  return plain(number, { unit: /^b?eats?$/i.test(word) ? "beat" : "bar", dimension: "bar", factor: 1 });
}

function confidence(number: WrittenNumber, before: string, after: string): WithUnit | null {
  if (number.value < 0 || number.value > 1) return null;
  if (!CONFIDENCE_BEFORE.test(before) && !CONFIDENCE_AFTER.test(after)) return null;
  return plain(number, { unit: "", dimension: "ratio", factor: 1 });
}

/** "120–125 BPM", "112, 56 and 224 BPM", "bars 17 to 24": numbers without a unit take that of their neighbour. */
function inheritUnits(text: string, numbers: readonly WrittenNumber[], found: (WithUnit | null)[]): void {
  for (let index = numbers.length - 2; index >= 0; index--) {
    const next = found[index + 1];
    if (found[index] !== null || next === null || next.number.timeCode) continue;
    const between = text.slice(numbers[index].end, numbers[index + 1].start);
    if (next.noun !== null ? RANGE.test(between) : RANGE.test(between) || BETWEEN.test(between) || LISTED.test(between))
      found[index] = { ...next, number: numbers[index], end: numbers[index].end, isTotal: false };
  }
  for (let index = 1; index < numbers.length; index++) {
    const previous = found[index - 1];
    if (found[index] !== null || previous === null || previous.unit.dimension !== "bar") continue;
    const between = text.slice(previous.number.end, numbers[index].start);
    if (RANGE.test(between) || LISTED.test(between)) found[index] = plain(numbers[index], previous.unit);
  }
}

function candidates(text: string, found: readonly (WithUnit | null)[]): NumberCandidate[] {
  const result: NumberCandidate[] = [];
  const known = found.filter((item) => item !== null);
  for (let index = 0; index < known.length; index++) {
    const merged = minutesAndSeconds(text, known[index], known[index + 1]);
    if (merged !== null) index++;
    result.push(merged ?? candidate(text, known[index], known[index - 1], known[index + 1]));
  }
  return result;
}

/** "1 min 30 s" is one number. */
function minutesAndSeconds(text: string, first: WithUnit, second: WithUnit | undefined): NumberCandidate | null {
  if (first.unit.unit !== "min" || second?.unit.unit !== "s" || second.number.timeCode) return null;
  if (!/^[\s\u00a0]*(?:,|and)?[\s\u00a0]*$/.test(text.slice(first.end, second.number.start))) return null;
  const seconds = first.number.value * 60 + second.number.value;
  const number = { ...second.number, value: seconds, start: first.number.start };
  return candidate(text, { ...plain(number, SECONDS), end: second.end }, undefined, undefined);
}

function candidate(
  text: string,
  { number, unit, end, noun, isTotal }: WithUnit,
  previous: WithUnit | undefined,
  next: WithUnit | undefined,
): NumberCandidate {
  const before = text.slice(Math.max(0, number.start - 40), number.start);
  const start = APPROXIMATE.exec(before)?.index;
  return {
    kind: unit.dimension === "meter" ? "meter" : "number",
    start: number.start,
    end,
    value: number.value,
    unit: unit.unit === "" || unit.dimension === "meter" ? null : unit.unit,
    dimension: unit.dimension,
    amount:
      unit.dimension === "cents" && FLAT.test(text.slice(end)) ? -Math.abs(number.value) : number.value * unit.factor,
    below: number.below * unit.factor,
    above: number.above * unit.factor,
    approximate: start !== undefined,
    bound: BELOW.test(before.slice(0, start)) ? "below" : ABOVE.test(before.slice(0, start)) ? "above" : null,
    range: rangeOf(text, { number, unit, end, noun, isTotal }, previous, next),
    noun,
    isTotal: isTotal && start === undefined,
  };
}

function rangeOf(text: string, own: WithUnit, previous: WithUnit | undefined, next: WithUnit | undefined) {
  const join = (first: WithUnit, second: WithUnit) => {
    if (first.unit.dimension !== second.unit.dimension) return null;
    const between = text.slice(first.end, second.number.start);
    const isBetween = BETWEEN.test(between) && BETWEEN_BEFORE.test(text.slice(0, first.number.start));
    if (!RANGE.test(between) && !isBetween) return null;
    const [a, b] = [first.number.value * first.unit.factor, second.number.value * second.unit.factor];
    return { from: Math.min(a, b), to: Math.max(a, b) };
  };
  return (next === undefined ? null : join(own, next)) ?? (previous === undefined ? null : join(previous, own));
}

function findMeters(text: string): NumberCandidate[] {
  const meter = (start: number, end: number, value: number | string, beats: number): NumberCandidate => ({
    kind: "meter",
    start,
    end,
    value,
    unit: null,
    dimension: "meter",
    amount: beats,
    below: 0,
    above: 0,
    approximate: false,
    bound: null,
    range: null,
    noun: null,
    isTotal: false,
  });
  const written = Array.from(text.matchAll(METER), (match) =>
    meter(match.index, match.index + match[0].length, match[0], Number(match[1])),
  );
  const spoken = Array.from(text.matchAll(SPOKEN_METER), (match) => {
    const end = match.index + match[0].length;
    return meter(end - match[1].length, end, METER_WORDS[match[1].toLowerCase()], METER_WORDS[match[1].toLowerCase()]);
  });
  const waltzes = Array.from(text.matchAll(WALTZ), (match) =>
    meter(match.index, match.index + match[0].length, "3/4", 3),
  );
  return [...written, ...spoken, ...waltzes];
}
