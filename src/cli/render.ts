/** Results as people read them in a terminal. Field names carry units, so any agent's result can be laid out. */
import { styleText } from "node:util";

const UNITS: readonly (readonly [suffix: string, unit: string])[] = [
  ["_crossings_per_second", "/s"],
  ["_seconds", "s"],
  ["_lufs", "LUFS"],
  ["_lu", "LU"],
  ["_cents", "cents"],
  ["_dbtp", "dBTP"],
  ["_dbfs", "dBFS"],
  ["_bpm", "BPM"],
  ["_bps", "bit/s"],
  ["_bytes", "bytes"],
  ["_hz", "Hz"],
  ["_db", "dB"],
  ["_ms", "ms"],
];

/** Of a long list, the terminal shows this many; `--json` has all. */
const MAX_LISTED = 6;

/** Lines `label  value unit` for the fields of a result, aligned; a list of objects takes a line for each. */
export function renderFields(fields: Readonly<Record<string, unknown>>): string[] {
  const shown = Object.entries(fields).filter(
    ([field, value]) => !(value === null && /^why_|_message$|_cursor$/.test(field)),
  );
  const width = Math.max(0, ...shown.map(([field]) => label(field).length));
  return shown.flatMap(([field, value]) => {
    const lines = isTable(value) ? value.map(renderRow) : [renderValue(value, unitOf(field))];
    return lines.map(
      (line, index) => `  ${styleText("dim", (index === 0 ? label(field) : "").padEnd(width))}  ${line}`,
    );
  });
}

/** Fields of an object that still read well in one line. */
const MOST_IN_LINE = 3;

/** As `renderFields`, with larger objects laid out below their names, and long texts on lines of their own. */
export function renderNested(fields: Readonly<Record<string, unknown>>, indent = "  "): string[] {
  const shown = Object.entries(fields).filter(([field, value]) => !(value === null && /^why_/.test(field)));
  const width = Math.max(0, ...shown.map(([field]) => label(field).length));
  return shown.flatMap(([field, value]) => {
    const name = styleText("dim", label(field).padEnd(width));
    if (isLarge(value)) return [`${indent}${styleText("dim", label(field))}`, ...renderNested(value, `${indent}  `)];
    const lines = linesOf(value, unitOf(field));
    return lines.map((line, index) => `${indent}${index === 0 ? name : " ".repeat(width)}  ${line}`);
  });
}

function linesOf(value: unknown, unit: string): string[] {
  if (isTable(value)) return renderTable(value);
  if (Array.isArray(value) && value.some((item) => typeof item === "string" && item.includes(" ")))
    return value.map(String).map(printable);
  return typeof value === "string" ? value.split("\n").map(printable) : [renderValue(value, unit)];
}

function isLarge(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > MOST_IN_LINE
  );
}

/** Whether a value is a list of objects with too many fields to stand in one line. */
function isTable(value: unknown): value is Record<string, unknown>[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => typeof item === "object" && item !== null && Object.keys(item).length > 2)
  );
}

/** Aligned, with headings, where all rows have the same plain fields. */
function renderTable(rows: readonly Record<string, unknown>[]): string[] {
  const fields = Object.keys(rows[0] ?? {});
  const isPlain = rows.every(
    (row) => Object.keys(row).join() === fields.join() && Object.values(row).every((value) => Object(value) !== value),
  );
  if (!isPlain || rows.length < 2) return rows.map(renderRow);
  const columns = fields.map((field) => {
    const unit = unitOf(field);
    const cells = rows.map((row) => printable(renderValue(row[field], "")));
    const isNumber = rows.every((row) => typeof row[field] !== "string");
    const heading = unit === "" ? label(field) : `${label(field)} ${unit}`;
    const width = Math.max(heading.length, ...cells.map((cell) => cell.length));
    return [heading, ...cells].map((cell) => (isNumber ? cell.padStart(width) : cell.padEnd(width)));
  });
  const lines = ["", ...rows].map((_, line) =>
    columns
      .map((cells) => cells[line] ?? "")
      .join("  ")
      .trimEnd(),
  );
  return lines.map((line, index) => (index === 0 ? styleText("dim", line) : line));
}

function renderRow(row: Readonly<Record<string, unknown>>): string {
  return Object.entries(row)
    .map(([field, value]) => renderValue(value, unitOf(field)))
    .join("  ");
}

/** A name as it can be shown: control and formatting characters would reach the terminal. */
export function printable(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}]/gu, "\u{fffd}");
}

function renderValue(value: unknown, unit: string): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return [formatNumber(value), unit].filter((part) => part !== "").join(" ");
  if (Array.isArray(value)) return renderList(value, unit);
  if (typeof value !== "object") return String(value);
  const { mean, std } = value as { mean?: unknown; std?: unknown };
  if (typeof mean === "number" && typeof std === "number")
    return `${formatNumber(mean)} ± ${formatNumber(std)} ${unit}`.trimEnd();
  return Object.entries(value)
    .map(([field, inner]) => `${label(field)} ${renderValue(inner, unitOf(field))}`)
    .join(", ");
}

function renderList(values: readonly unknown[], unit: string): string {
  if (values.length === 0) return "none";
  const shown = values
    .slice(0, MAX_LISTED)
    .map((value) => (typeof value === "number" ? formatNumber(value) : renderItem(value)));
  const more = values.length > MAX_LISTED ? `, … (${values.length})` : "";
  return `${shown.join(", ")}${more} ${typeof values[0] === "number" ? unit : ""}`.trimEnd();
}

/** An item of a list of objects: its first field, the others in brackets. */
function renderItem(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const [first, ...others] = Object.entries(value).map(([field, inner]) => renderValue(inner, unitOf(field)));
  return others.length === 0 ? (first ?? "") : `${first} (${others.join(", ")})`;
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

function unitOf(field: string): string {
  return UNITS.find(([suffix]) => field.endsWith(suffix))?.[1] ?? "";
}

function label(field: string): string {
  const suffix = UNITS.find(([ending]) => field.endsWith(ending))?.[0] ?? "";
  const stem =
    suffix === "_crossings_per_second"
      ? field.replace("_per_second", "")
      : field.slice(0, field.length - suffix.length);
  return (stem === "" ? field : stem).replaceAll("_", " ");
}
