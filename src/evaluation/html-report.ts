/** An evaluation as one page that needs nothing else: no scripts, styles, fonts or pictures from elsewhere. */
import { REPORT_SCRIPT, REPORT_STYLE } from "./html-assets.ts";
import { reliabilityDiagram } from "./reliability-diagram.ts";
import { isSkipped, type Outcome } from "./scorer.ts";
import type { Evaluation, MetricSummary, Statistics } from "./summary.ts";
import { countLine, formatValue } from "./text-report.ts";

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** The page; names from the manifest are escaped. `version` is Hark's. */
export function htmlReport(evaluation: Evaluation, version: string): string {
  const title = `Evaluation${evaluation.dataset === null ? "" : `: ${evaluation.dataset}`}`;
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${REPORT_STYLE}</style></head><body>`,
    `<h1>${escapeHtml(title)}</h1><p class="muted">${escapeHtml(countLine(evaluation.counts))}. Hark ${escapeHtml(version)}.</p>`,
    "<h2>Metrics</h2>",
    metricTable(evaluation.metrics),
    calibrationSection(evaluation),
    "<h2>Files</h2>",
    fileTable(evaluation),
    `<script>${REPORT_SCRIPT}</script></body></html>`,
    "",
  ].join("\n");
}

function metricTable(metrics: readonly MetricSummary[]): string {
  const rows = metrics.map((metric) => {
    const head = row(`<th scope="row">${escapeHtml(metric.title)}${skippedNote(metric)}</th>`, metric.all, metric.unit);
    const shown = metric.groups.length > 1 ? metric.groups : [];
    const groups = shown.map((group) => row(`<th scope="row">${escapeHtml(group.group)}</th>`, group, metric.unit));
    return `<tbody><tr>${head}</tr>${groups.map((cells) => `<tr class="group">${cells}</tr>`).join("")}</tbody>`;
  });
  const columns = ["metric", "files", "mean", "median", "precision", "recall"];
  return `<div class="scroll"><table><thead><tr>${columns.map((name) => `<th>${name}</th>`).join("")}</tr></thead>${rows.join("")}</table></div>`;
}

function row(head: string, statistics: Statistics | null, unit: string): string {
  if (statistics === null) return `${head}<td colspan="5" class="muted">not scored</td>`;
  const { count, mean, median, precision, recall } = statistics;
  const cells = [
    String(count),
    formatValue(mean, unit),
    formatValue(median, unit),
    precision === undefined ? "" : formatValue(precision),
    recall === undefined ? "" : formatValue(recall),
  ];
  return head + cells.map((cell) => `<td>${cell}</td>`).join("");
}

function skippedNote({ skipped }: MetricSummary): string {
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  return reasons.length === 0 ? "" : `<small>${escapeHtml(reasons.join("; "))}</small>`;
}

function calibrationSection({ calibration }: Evaluation): string {
  if (calibration.length === 0) return "";
  const figures = calibration.map((summary) => {
    const numbers = `${summary.count} answers, expected calibration error ${formatValue(summary.expectedCalibrationError)}, Brier ${formatValue(summary.brier)}, log loss ${formatValue(summary.logLoss)}`;
    const title = escapeHtml(summary.title);
    return `<figure>${reliabilityDiagram(summary, title)}<figcaption><strong>${title}</strong><br>${numbers}</figcaption></figure>`;
  });
  return [
    "<h2>Confidence</h2>",
    '<p class="muted">Each dot is a group of answers by what they claimed. On the diagonal, confidence means what it says; below it, it claims too much.</p>',
    `<div class="figures">${figures.join("")}</div>`,
  ].join("\n");
}

function fileTable({ files, metrics }: Evaluation): string {
  const shown = metrics.filter(({ all }) => all !== null);
  const heads = [
    { text: "file", hint: "" },
    { text: "folder", hint: "" },
    ...shown.map(({ metric, title }) => ({ text: metric.replaceAll("_", " "), hint: title })),
  ];
  const rows = files
    .filter(({ outcomes, error }) => error !== null || Object.keys(outcomes).length > 0)
    .map(({ file, group, outcomes, error }) => {
      const note = error === null ? "" : `<small class="error">${escapeHtml(error.message)}</small>`;
      const cells = shown.map(({ metric, unit }) => outcomeCell(outcomes[metric], unit));
      return `<tr><th scope="row">${escapeHtml(file)}${note}</th><td>${escapeHtml(group)}</td>${cells.join("")}</tr>`;
    });
  return [
    '<p class="muted">Click a heading to sort. A dash: the truth says nothing about it; hover an “n/a” for the reason.</p>',
    `<div class="scroll"><table class="sortable"><thead><tr>${heads.map(headCell).join("")}</tr></thead>`,
    `<tbody>${rows.join("\n")}</tbody></table></div>`,
  ].join("");
}

function headCell({ text, hint }: { readonly text: string; readonly hint: string }): string {
  return `<th><button type="button" title="${escapeHtml(hint)}">${escapeHtml(text)}</button></th>`;
}

function outcomeCell(outcome: Outcome | undefined, unit: string): string {
  if (outcome === undefined) return '<td class="muted">–</td>';
  if (isSkipped(outcome)) return `<td class="muted" title="${escapeHtml(outcome.skipped)}">n/a</td>`;
  const share = unit === "" ? ` style="--share:${outcome.value.toFixed(3)}"` : "";
  return `<td class="${unit === "" ? "share" : ""}" data-value="${outcome.value}"${share}>${formatValue(outcome.value, unit)}</td>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
