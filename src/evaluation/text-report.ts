/** An evaluation as people read it in a terminal. */
import { styleText } from "node:util";
import type { CalibrationSummary, Evaluation, MetricSummary, Statistics } from "./summary.ts";

/** Failed files that are listed; `--json` and `--html` have all. */
const MAX_LISTED = 20;

const COLUMNS = ["files", "mean", "median", "precision", "recall"];

/** Lines: a table of metrics with their groups, calibration, what failed and what was skipped. */
export function textReport(evaluation: Evaluation): string[] {
  const { counts, metrics, calibration, files } = evaluation;
  const failed = files.filter(({ error }) => error !== null);
  return [
    styleText("bold", [evaluation.dataset, countLine(counts)].filter((part) => part !== null).join(": ")),
    "",
    ...metricTable(metrics.filter(({ all }) => all !== null)),
    ...calibration.flatMap(calibrationLines),
    ...skippedLines(metrics),
    ...(failed.length === 0 ? [] : ["", styleText("bold", "Failed")]),
    ...failed
      .slice(0, MAX_LISTED)
      .map(({ file, error }) => `  ${styleText("red", printable(file))}: ${error?.message}`),
    ...(failed.length > MAX_LISTED ? [`  and ${failed.length - MAX_LISTED} more (--json names them)`] : []),
  ];
}

/** How many items there were and what became of them, in words. */
export function countLine({ items, scored, missing, failed, without_truth }: Evaluation["counts"]): string {
  const parts = [
    `${items} items`,
    `${scored} scored`,
    ...(without_truth > 0 ? [`${without_truth} without truth to score`] : []),
    ...(missing > 0 ? [`${missing} missing`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return parts.join(", ");
}

/** A score, an error with its unit, or a dash. */
export function formatValue(value: number | null | undefined, unit = ""): string {
  return value == null ? "–" : `${value.toFixed(3)}${unit === "" ? "" : ` ${unit}`}`;
}

function metricTable(metrics: readonly MetricSummary[]): string[] {
  const rows = metrics.flatMap(({ title, unit, all, groups }) => [
    { label: title, cells: all === null ? [] : cells(all, unit), isGroup: false },
    ...(groups.length > 1 ? groups : []).map((group) => ({
      label: `  ${printable(group.group)}`,
      cells: cells(group, unit),
      isGroup: true,
    })),
  ]);
  if (rows.length === 0) return ["No metric could be scored."];
  const labelWidth = Math.max(0, ...rows.map(({ label }) => label.length));
  const widths = COLUMNS.map((name, column) => Math.max(name.length, ...rows.map((row) => row.cells[column].length)));
  const line = (label: string, texts: readonly string[]) =>
    `${label.padEnd(labelWidth)}  ${texts.map((text, column) => text.padStart(widths[column])).join("  ")}`;
  return [
    styleText("dim", line("metric", COLUMNS)),
    ...rows.map((row) => (row.isGroup ? styleText("dim", line(row.label, row.cells)) : line(row.label, row.cells))),
  ];
}

function cells(statistics: Statistics, unit: string): string[] {
  const { count, mean, median, precision, recall } = statistics;
  return [
    String(count),
    formatValue(mean, unit),
    formatValue(median, unit),
    precision === undefined ? "" : formatValue(precision),
    recall === undefined ? "" : formatValue(recall),
  ];
}

function calibrationLines({
  title,
  count,
  brier,
  logLoss,
  expectedCalibrationError,
  bins,
}: CalibrationSummary): string[] {
  return [
    "",
    `${styleText("bold", `Confidence of ${title}`)}  ${count} answers, expected calibration error ${formatValue(expectedCalibrationError)}, Brier ${formatValue(brier)}, log loss ${formatValue(logLoss)}`,
    ...bins.map(
      (bin) =>
        `  claimed ${bin.meanConfidence.toFixed(2)}  right ${bin.accuracy.toFixed(2)}  ${styleText("dim", `(${bin.count})`)}`,
    ),
  ];
}

function skippedLines(metrics: readonly MetricSummary[]): string[] {
  const lines = metrics.flatMap(({ title, skipped }) =>
    Object.entries(skipped).map(([reason, count]) => `  ${title}: ${count} ${reason}`),
  );
  return lines.length === 0 ? [] : ["", styleText("bold", "Not scored"), ...lines];
}

/** Names come from a file: control characters would reach the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\uFFFD");
}
