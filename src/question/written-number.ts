/** Numbers as they are written: digits with separators, signs, words, time codes. */

export interface WrittenNumber {
  readonly start: number;
  readonly end: number;
  readonly value: number;
  /** What the number stands for by the digits written: half of the last one's place below and above. */
  readonly below: number;
  readonly above: number;
  readonly timeCode: boolean;
}

const WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

const TIME_CODE = /(?<![\w:.,])(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?:[.,](\d+))?(?![\w:]|\s?(?:am|pm)\b)/;
const DIGITS = /(?<![\w#.,/:]|[\p{L})]-)\d+(?:[.,'\u00a0]\d+)*(?!\d)/u;
const SPACED = /(?<![\w#.,/:-])\d{1,3} \d{3}(?= ?(?:Hz|hertz|samples|échantillons)\b)/;
const NUMBER = new RegExp(
  `${SPACED.source}|${TIME_CODE.source}|${DIGITS.source}|(?<![\\w-])(?:${WORDS.join("|")})(?![\\w])`,
  "giu",
);
/** A dash that no number or percent sign stands before, else it is one of a range. */
const NEGATIVE = /(?:^\s*|[^\w)%\s]|[^\d\s%]\s+|\n\s*)[-–]$|\b(?:minus|negative|moins|menos)\s$/u;

/** All numbers of a text, in order. */
export function writtenNumbers(text: string, decimalComma: boolean): WrittenNumber[] {
  return Array.from(text.matchAll(NUMBER), (match) => {
    const end = match.index + match[0].length;
    const [, hours, minutes, seconds, fraction] = match;
    if (minutes !== undefined) return timeCode(match.index, end, [hours ?? "0", minutes, seconds], fraction);
    const word = WORDS.indexOf(match[0].toLowerCase());
    const { value, decimals } = word >= 0 ? { value: word + 1, decimals: 0 } : parseDigits(match[0], decimalComma);
    const sign = word >= 0 ? "" : (NEGATIVE.exec(text.slice(Math.max(0, match.index - 12), match.index))?.[0] ?? "");
    const half = 0.5 * 10 ** -decimals;
    const start = match.index - signLength(sign);
    return { start, end, value: sign === "" ? value : -value, below: half, above: half, timeCode: false };
  });
}

function signLength(found: string): number {
  return /[-–]$/.test(found) ? 1 : (/\p{L}+.$/u.exec(found)?.[0].length ?? 0);
}

/** A time code is cut off as often as it is rounded: 0:12 is anything from 11.5 to 13 s. */
function timeCode(start: number, end: number, parts: readonly string[], fraction = ""): WrittenNumber {
  const [hours, minutes, seconds] = parts.map(Number);
  const value = hours * 3600 + minutes * 60 + Number(`${seconds}.${fraction}`);
  const place = 10 ** -fraction.length;
  return { start, end, value, below: place / 2, above: place, timeCode: true };
}

/** "1,234.5", "1.234,5", "112,05", "44 100", "1'234". Three digits after one separator are thousands as the language has it. */
function parseDigits(written: string, decimalComma: boolean): { value: number; decimals: number } {
  const text = written.replace(/[ '\u00a0]/g, "");
  const mark = decimalMark(text, decimalComma);
  const [whole, fraction = ""] = mark === null ? [text] : splitLast(text, mark);
  return { value: Number(`${whole.replace(/[.,]/g, "")}.${fraction || "0"}`), decimals: fraction.length };
}

function decimalMark(text: string, decimalComma: boolean): "," | "." | null {
  const [comma, point] = [text.lastIndexOf(","), text.lastIndexOf(".")];
  if (comma < 0 && point < 0) return null;
  if (comma >= 0 && point >= 0) return comma > point ? "," : ".";
  const mark = comma >= 0 ? "," : ".";
  if (text.indexOf(mark) !== text.lastIndexOf(mark)) return null;
  const isGroup = /^[1-9]\d{0,2}[.,]\d{3}$/.test(text);
  return isGroup && (mark === ",") !== decimalComma ? null : mark;
}

function splitLast(text: string, mark: string): readonly [string, string] {
  const place = text.lastIndexOf(mark);
  return [text.slice(0, place), text.slice(place + 1)];
}
