/** The prose of an answer: marks of Markdown taken out without moving a character, sentences, and the words around a place. */

import { type Heading, tableHeadings } from "./label-units.ts";

export interface Sentence {
  readonly start: number;
  readonly end: number;
  /** Of the masked text. */
  readonly text: string;
}

export interface AnswerText {
  /** As long as the answer, so that places are those of the answer: marks are spaces, signs are ASCII. */
  readonly masked: string;
  readonly sentences: readonly Sentence[];
  /** Over the cells of tables. */
  readonly headings: readonly Heading[];
  /** Whether "44.100" is 44,100 here. */
  readonly decimalComma: boolean;
}

const REPLACED: Readonly<Record<string, string>> = {
  "−": "-",
  "\u2010": "-",
  "\u2011": "-",
  "\u202f": "\u00a0",
  "\u2009": "\u00a0",
  "♯": "#",
  "♭": "b",
  "’": "'",
  "*": " ",
  "`": " ",
};
const FOREIGN =
  /\b(?:der|die|das|und|ist|mit|beträgt|sind|bei|liegt|ein|le|les|est|avec|une|du|et|el|los|con|es|del|una)\b/giu;
const ENGLISH = /\b(?:the|and|is|of|with|at|are|it|this|in|to|has)\b/giu;
/** A sentence ends at a line's end, or after a stop before a space; "approx. 3" and "vs. 3" go on. */
const SENTENCE_END =
  /\n+|(?<!\b(?:approx|ca|vs|e\.g|i\.e|no|etc|min|max|avg|z\.B|env))[.!?:]\)?\s+(?=[\p{Lu}"“(])|[!?]\s+/gu;
/** Longer ones are cut: the time that a sentence takes grows faster than it does. */
const LONGEST = 800;
const URL = /https?:\/\/\S+|hark:\/\/\S+/g;

export function answerText(answer: string): AnswerText {
  const plain = answer.replace(URL, (url) => " ".repeat(url.length));
  const masked = plain.replace(/[−\u2010\u2011\u202f\u2009♯♭’*`]|(?<!\w)_+|_+(?!\w)/gu, (mark) =>
    (REPLACED[mark] ?? " ").padEnd(mark.length),
  );
  const foreign = masked.match(FOREIGN)?.length ?? 0;
  const english = masked.match(ENGLISH)?.length ?? 0;
  return { masked, sentences: sentencesOf(masked), headings: tableHeadings(masked), decimalComma: foreign > english };
}

function sentencesOf(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  let start = 0;
  const add = (end: number) => {
    while (end - start > LONGEST) {
      const space = text.lastIndexOf(" ", start + LONGEST);
      const cut = space > start ? space : start + LONGEST;
      sentences.push({ start, end: cut, text: text.slice(start, cut) });
      start = cut;
    }
    if (text.slice(start, end).trim() !== "") sentences.push({ start, end, text: text.slice(start, end) });
    start = end;
  };
  for (const match of text.matchAll(SENTENCE_END)) {
    // "Tempo: Fast, 120 BPM" is one statement; a colon ends a sentence nowhere but at a line's end.
    if (match[0].startsWith(":") && !match[0].includes("\n")) continue;
    add(match.index + match[0].length);
  }
  add(text.length);
  return sentences;
}

/** The words of a sentence that a number belongs to. */
export interface Surroundings {
  readonly sentence: string;
  /** Back to the last comma, semicolon or bracket, or to the claim before. */
  readonly before: string;
  /** On to the next comma, bracket or claim. */
  readonly after: string;
  /** Back to the sentence's begin, or to the claim before. */
  readonly lead: string;
  /** From one comma to the next, claims before and after included. */
  readonly clause: string;
  /** All headings of the table's row that it stands in; empty outside of tables. */
  readonly headings: string;
}

const BOUNDARY = /[;(]|,(?!\d)|\s[–—]\s/g;

/** @param previousEnd the end of the claim before, @param nextStart the begin of the next one, both in the whole text. */
export function surroundings(
  { masked, headings }: AnswerText,
  sentence: Sentence,
  start: number,
  end: number,
  previousEnd: number,
  nextStart: number,
): Surroundings {
  const lead = masked.slice(Math.max(sentence.start, previousEnd), start);
  const tail = masked.slice(end, Math.min(sentence.end, nextStart));
  const whole = masked.slice(sentence.start, start);
  const rest = masked.slice(end, sentence.end);
  const heading = headingAt(headings, start);
  const back = (text: string) => text.slice(lastBoundary(text));
  const on = (text: string) => text.slice(0, nextBoundary(text));
  return {
    sentence: sentence.text,
    // What a column is called is said of each of its cells.
    before: heading === null ? back(lead) : `${back(lead)} ${heading} `,
    after: on(tail),
    lead: heading === null ? lead : `${lead} ${heading} `,
    headings: headings
      .filter((cell) => cell.start >= sentence.start && cell.start < sentence.end)
      .map(({ text }) => text)
      .join(" | "),
    clause: `${back(whole)}${masked.slice(start, end)}${on(rest)}`,
  };
}

/** The text of the heading over a place; null outside of tables. */
export function headingAt(headings: readonly Heading[], place: number): string | null {
  return headings.find(({ start, end }) => place >= start && place < end)?.text ?? null;
}

function lastBoundary(text: string): number {
  let last = 0;
  for (const match of text.matchAll(BOUNDARY)) last = match.index + match[0].length;
  return last;
}

function nextBoundary(text: string): number {
  const match = /[;()]|,(?!\d)|\s[–—]\s/.exec(text);
  return match?.index ?? text.length;
}
