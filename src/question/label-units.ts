/** Units that stand before their number: "Tempo (BPM): 112", "LUFS = -14", a column "Peak (dBTP)" or a cell with the unit alone. */
import type { SpokenUnit } from "./units.ts";
import { unitAt } from "./units.ts";

/** Units that a label may name; others ("s", "bit") are words or letters of their own too often. */
const NAMED =
  "BPM|LUFS|LKFS|LU|dB ?TP|dB ?FS|dB|k?Hz|kilohertz|hertz|seconds?|secs?|s|ms|minutes?|min|%|percent|cents?|semitones?|kbps";
/** "(BPM)", "[LUFS]", "in dB", or the unit as the whole label. */
const IN_LABEL = new RegExp(
  `(?:[([]\\s*|\\bin\\s+|^[\\s|>•-]*(?:\\d+[.)]\\s+)?|[,;]\\s*)(${NAMED})\\s*[)\\]]?[\\s|:=]*$`,
  "iu",
);
/** "BPM" and "LUFS" mean nothing but a unit, wherever they stand in a label: "Integrated LUFS: -14". */
const AT_END = /(?:^|[\s|])(BPM|LUFS|LKFS|dBTP|dBFS)[\s|:=]*$/iu;
const SEPARATED = /[:=|][\s\u00a0]*$/u;
const RANGE_LABEL = /\bLRA[\s|]*[:=|][\s|]*$/i;
/** Cells after the number up to one that holds a unit alone. */
const UNIT_CELL = new RegExp(`^\\s*\\|\\s*(${NAMED})\\s*(?:\\||$)`, "iu");
const CONFIDENCE = /^\s*(?:confidence|certainty|probability|konfidenz|confiance|confianza)\b/i;

/** A column of a table, over the cell of one row. */
export interface Heading {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The unit that a label before a number, its column or the cell behind it gives; null where none does. */
export function labelUnit(before: string, after: string, heading: string | null): SpokenUnit | null {
  if (heading !== null && CONFIDENCE.test(heading)) return { unit: "", dimension: "ratio", factor: 1 };
  const cell = UNIT_CELL.exec(after)?.[1];
  if (cell !== undefined && SEPARATED.test(before)) return named(cell);
  if (RANGE_LABEL.test(before)) return named("LU");
  const label = SEPARATED.test(before) ? (IN_LABEL.exec(before)?.[1] ?? AT_END.exec(before)?.[1]) : undefined;
  const column = heading === null ? undefined : (IN_LABEL.exec(heading)?.[1] ?? AT_END.exec(heading)?.[1]);
  const unit = label ?? column;
  return unit === undefined ? null : named(unit);
}

function named(unit: string): SpokenUnit | null {
  return unitAt(unit.length === 1 ? unit.toLowerCase() : unit, 0);
}

const SEPARATOR_ROW = /^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$/;

/** The headings over the cells of a text's tables, at places in the text. */
export function tableHeadings(text: string): Heading[] {
  const headings: Heading[] = [];
  let [start, previous] = [0, ""];
  let columns: readonly string[] | null = null;
  for (const line of text.split("\n")) {
    if (!line.includes("|")) columns = null;
    else if (SEPARATOR_ROW.test(line)) columns = cells(previous).map(({ text: cell }) => cell.trim());
    else if (columns !== null) headings.push(...headingsOf(line, start, columns));
    start += line.length + 1;
    previous = line;
  }
  return headings;
}

function headingsOf(line: string, start: number, columns: readonly string[]): Heading[] {
  return cells(line).flatMap((cell, column) => {
    const text = columns[column] ?? "";
    return text === "" ? [] : [{ start: start + cell.start, end: start + cell.start + cell.text.length, text }];
  });
}

/** The cells of a row, at places in it; a bar at the row's begin opens the first one. */
function cells(line: string): { readonly start: number; readonly text: string }[] {
  const opening = /^\s*\|/.exec(line)?.[0].length ?? 0;
  let start = opening;
  return line
    .slice(opening)
    .split("|")
    .map((text) => {
      const cell = { start, text };
      start += text.length + 1;
      return cell;
    });
}
