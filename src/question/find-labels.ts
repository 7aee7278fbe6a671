/** Keys, chords and section labels of a text. */
import type { LabelCandidate } from "./candidate-claim.ts";
import {
  CHORD_QUALITY,
  germanPitchClass,
  keyOfCamelot,
  keyText,
  modeOf,
  pitchClass,
  readChord,
  readKey,
  solfegePitchClass,
} from "./pitch-names.ts";

const KEY = /(?<![\w#])([A-G])(#|b|[\s-]?sharp|[\s-]?flat)?[\s\u00a0-]*(major|minor|maj|min)(?![\w#])(?!\d)/gi;
const GERMAN_KEY = /(?<![\p{L}#])([A-Ha-h](?:is|es|s)?)-?\s?(Dur|Moll|dur|moll)(?!\p{L})/gu;
const SOLFEGE_KEY =
  /(?<!\p{L})(do|ré|re|mi|fa|sol|la|si)(\s?#|\s?b|\sdièse|\sbémol|\ssostenido|\sbemol)?\s(majeur|mineur|mayor|menor)(?!\p{L})/giu;
const SHORT_KEY = /(?<![\w#:-])([A-G][#b]?)m(?![\w#:/])/g;
const CAMELOT = /(?<![\w.,])((?:1[0-2]|[1-9])[AB])(?!\w)/g;
const SPEAKS_OF_KEY = /\b(?:keys?|tonic|tonality|tonal|camelot|relative|scale)\b/i;
const SPEAKS_OF_CHORDS =
  /\b(?:chords?|progression|harmony|harmonies|harmonic|triads?|akkorde?n?|accords?|acordes?)\b|[A-G][#b]?:(?:maj|min)/i;
const CHORD_AFTER = /^[\s\u00a0]+(?:chords?|triads?|harmony|akkorde?|accords?)\b/i;
/** After "A major" or "A minor" at a sentence's begin these go on with a key; another word makes the A an article. */
const KEY_GOES_ON =
  /^[\s\u00a0]*(?:$|[^\s\p{L}]|(?:key|scale|chord|triad|is|are|was|as|and|or|with|at|in|to|from|has|than|rather|scores?|comes|fits|mixes|throughout|seems|appears|would|but|also|for|by|then|being|again|because)\b)/u;
const CHORD = new RegExp(
  `(?<![\\w#/'’])([A-G][#b]?(?::?(?:${CHORD_QUALITY}))?(?:/[A-G][#b]?)?)(?![\\w#:°]|'[a-z])`,
  "g",
);
/** A letter alone is a chord among separators or other chords only. */
const SEPARATOR_BEFORE = /(?:^|[-–—→>,|(:"“/]|\bto|\band|\bthen)[\s\u00a0]*$/;
const SEPARATOR_AFTER = /^[\s\u00a0]*(?:$|[-–—→>,|).;:"”]|to\b|and\b|then\b|chord)/;
const SECTION_AFTER = /\b(sections?|parts?|section labels?)\s+(?:labell?ed\s+)?["“']?([A-Z]\d{0,2})(?![\w#'])/gi;
const SECTION_BEFORE = /(?<![\w#])([A-Z]\d{0,2})["”']?[\s-]+(?:sections?|parts?)\b/g;
const MORE_SECTIONS = /^["”']?\s*(?:,|and|or|&|to|,\s*and)\s*["“']?([A-Z]\d{0,2})(?![\w#'])/;
const FORM = /(?<![\w#-])([A-H]{2,12}|[A-H](?:[\s,–→>-]+[A-H]){1,15})(?![\w#'])/g;
const SPEAKS_OF_FORM = /\b(?:form|structure|structured|sections?|pattern|arrangement|layout|aufbau|structura)\b/i;
const ORDINALS: Readonly<Record<string, number>> = { first: 1, second: 2, third: 3, fourth: 4, fifth: 5 };

/** The labels of a sentence, at places in it. @param whole the whole text, which tells what "8B" may be. */
export function findLabels(sentence: string, whole: string): LabelCandidate[] {
  const found: LabelCandidate[] = [];
  for (const find of [findKeys, findSections, findForms, findChords]) {
    const isFree = ({ start, end }: LabelCandidate) => !found.some((other) => start < other.end && end > other.start);
    found.push(...find(sentence, whole).filter(isFree));
  }
  return found.sort((a, b) => a.start - b.start);
}

function label(kind: LabelCandidate["kind"], start: number, text: string, value: string): LabelCandidate {
  return { kind, start, end: start + text.length, value, unit: null };
}

function findKeys(sentence: string, whole: string): LabelCandidate[] {
  return [...namedKeys(sentence), ...shortKeys(sentence), ...camelotCodes(sentence, whole)];
}

function namedKeys(sentence: string): LabelCandidate[] {
  const found: LabelCandidate[] = [];
  const add = (start: number, text: string, tonic: number | null, mode: string) => {
    if (tonic === null) return;
    const isChord = CHORD_AFTER.test(sentence.slice(start + text.length));
    const key = keyText(tonic, modeOf(mode));
    found.push(label(isChord ? "chord" : "key", start, text, isChord ? (readChord(key) ?? key) : key));
  };
  for (const match of sentence.matchAll(KEY)) {
    const [text, letter, accidental = "", mode] = match;
    if (letter !== letter.toUpperCase() || isArticle(sentence, match.index, text)) continue;
    add(match.index, text, pitchClass(letter, accidental.trim().replace(/^-/, "")), mode);
  }
  for (const match of sentence.matchAll(GERMAN_KEY)) add(match.index, match[0], germanPitchClass(match[1]), match[2]);
  for (const match of sentence.matchAll(SOLFEGE_KEY))
    add(match.index, match[0], solfegePitchClass(match[1], match[2]), match[3]);
  return found;
}

/** "A major change", "A minor issue". */
function isArticle(sentence: string, start: number, text: string): boolean {
  if (!/^A\s(?:major|minor)$/.test(text)) return false;
  return !KEY_GOES_ON.test(sentence.slice(start + text.length)) && /^\W*$/.test(sentence.slice(0, start));
}

function shortKeys(sentence: string): LabelCandidate[] {
  if (!SPEAKS_OF_KEY.test(sentence) || SPEAKS_OF_CHORDS.test(sentence)) return [];
  return Array.from(sentence.matchAll(SHORT_KEY), (match) =>
    label("key", match.index, match[0], readKey(match[0]) ?? match[0]),
  );
}

/** Only where the text speaks of the wheel or the sentence of a key: "8B" may be anything. */
function camelotCodes(sentence: string, whole: string): LabelCandidate[] {
  if (!SPEAKS_OF_KEY.test(sentence) && !(/camelot/i.test(whole) || /\b(?:major|minor)\b/.test(sentence))) return [];
  return Array.from(sentence.matchAll(CAMELOT), (match) => label("key", match.index, match[1], match[1])).filter(
    ({ value }) => keyOfCamelot(value) !== null,
  );
}

function findChords(sentence: string): LabelCandidate[] {
  const tokens = Array.from(sentence.matchAll(CHORD)).filter(({ 1: text }) => readChord(text) !== null);
  if (!SPEAKS_OF_CHORDS.test(sentence) && !isSequence(sentence, tokens)) return [];
  return tokens
    .filter(({ 1: text, index }) => text.length > 1 || standsAlone(sentence, index))
    .map(({ 1: text, index }) => label("chord", index, text, readChord(text) ?? text));
}

/** "Am – F – C – G": three in a row, one of which is more than a letter. */
function isSequence(sentence: string, tokens: readonly RegExpExecArray[]): boolean {
  const joined = tokens.filter((token, index) => {
    const next = tokens[index + 1];
    return (
      next !== undefined &&
      /^\s*(?:-|–|—|→|->|,|\|)\s*$/.test(sentence.slice(token.index + token[0].length, next.index))
    );
  });
  return joined.length >= 2 && tokens.some(({ 1: text }) => /[^A-G]/.test(text));
}

function standsAlone(sentence: string, index: number): boolean {
  const [before, after] = [sentence.slice(0, index), sentence.slice(index + 1)];
  if (CHORD_AFTER.test(after)) return sentence[index] !== "A" || /\b(?:the|an|and|of|is)\s$/i.test(before);
  return SEPARATOR_BEFORE.test(before) && SEPARATOR_AFTER.test(after);
}

function findSections(sentence: string): LabelCandidate[] {
  const found: LabelCandidate[] = [];
  for (const match of sentence.matchAll(SECTION_AFTER)) {
    let start = match.index + match[0].length - match[2].length;
    if (match[2] !== match[2].toUpperCase()) continue;
    found.push(label("section", start, match[2], match[2]));
    // "sections A, B and C"
    let rest = match[2];
    for (;;) {
      const after = sentence.slice(start + rest.length);
      const next = /s$/i.test(match[1]) ? MORE_SECTIONS.exec(after) : null;
      if (next === null) break;
      start += rest.length + next[0].length - next[1].length;
      rest = next[1];
      found.push(label("section", start, rest, rest));
    }
  }
  for (const match of sentence.matchAll(SECTION_BEFORE)) {
    const before = sentence.slice(0, match.index);
    // "A section of …", "I part": an article or a pronoun, unless "the" or an ordinal stands before.
    const ordinal = /\b(first|second|third|fourth|fifth)\s+["“']?$/i.exec(before)?.[1].toLowerCase();
    if (
      /^[AI]$/.test(match[1]) &&
      ordinal === undefined &&
      !/\b(?:the|both|two|each|final|last|returning)\s+["“']?$/i.test(before)
    )
      continue;
    const value = ordinal === undefined ? match[1] : `${match[1].slice(0, 1)}${ORDINALS[ordinal]}`;
    found.push(label("section", match.index, match[1], value));
  }
  return found;
}

/** "A B A", "ABA", "A–B–A". */
function findForms(sentence: string): LabelCandidate[] {
  if (!SPEAKS_OF_FORM.test(sentence)) return [];
  return Array.from(sentence.matchAll(FORM))
    .filter(({ 1: text }) => !SPEAKS_OF_CHORDS.test(sentence) || !/[^A-H]/.test(text))
    .filter(({ 1: text }) => /^[A-H]+$/.test(text.replace(/[^A-H]/g, "")) && text.includes("A"))
    .filter(({ 1: text }) => !(text.length === 2 && text === "AC"))
    .map(({ 1: text, index }) => label("section", index, text, text.replace(/[^A-H]/g, "")));
}
