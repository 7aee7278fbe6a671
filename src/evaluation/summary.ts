/** Evaluations of files put together: by metric, by group, and what confidences were worth. */
import type { FileEvaluation } from "./evaluate.ts";
import { type Calibration, calibration } from "./metrics/calibration.ts";
import { isSkipped, type Outcome, type Score, type Scorer } from "./scorer.ts";

export interface Statistics {
  /** Files that were scored. */
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  /** Over the events of all files together, where the metric counts events; null when there are none. */
  readonly precision?: number | null;
  readonly recall?: number | null;
}

export interface MetricSummary {
  readonly metric: string;
  readonly title: string;
  readonly agent: string;
  readonly unit: string;
  /** Null when no file was scored. */
  readonly all: Statistics | null;
  readonly groups: readonly ({ readonly group: string } & Statistics)[];
  /** How many files were skipped, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

export interface CalibrationSummary extends Calibration {
  readonly metric: string;
  readonly title: string;
}

export interface Evaluation {
  readonly dataset: string | null;
  readonly counts: {
    readonly items: number;
    readonly scored: number;
    /** Files that are not where the manifest says. */
    readonly missing: number;
    /** Files that failed otherwise. */
    readonly failed: number;
    /** Items about which no metric can say anything. */
    readonly without_truth: number;
  };
  readonly metrics: readonly MetricSummary[];
  readonly calibration: readonly CalibrationSummary[];
  readonly files: readonly FileEvaluation[];
}

/** Metrics about which the manifest says nothing are left out. */
export function summarise(
  dataset: string | null,
  files: readonly FileEvaluation[],
  scorers: readonly Scorer[],
): Evaluation {
  const known = scorers.filter(({ metric }) => files.some(({ outcomes }) => metric in outcomes));
  const missing = files.filter(({ error }) => error?.kind === "not_found").length;
  return {
    dataset,
    counts: {
      items: files.length,
      scored: files.filter(({ outcomes }) => Object.values(outcomes).some(isScore)).length,
      missing,
      failed: files.filter(({ error }) => error !== null).length - missing,
      without_truth: files.filter(({ outcomes }) => Object.keys(outcomes).length === 0).length,
    },
    metrics: known.map((scorer) => summariseMetric(scorer, files)),
    calibration: known.flatMap((scorer) => summariseClaims(scorer, files)),
    files,
  };
}

function summariseMetric({ metric, title, agent, unit }: Scorer, files: readonly FileEvaluation[]): MetricSummary {
  const groups = [...new Set(files.map(({ group }) => group))].sort();
  const skipped: Record<string, number> = {};
  for (const { outcomes } of files) {
    const outcome = outcomes[metric];
    if (isSkipped(outcome)) skipped[outcome.skipped] = (skipped[outcome.skipped] ?? 0) + 1;
  }
  return {
    metric,
    title,
    agent,
    unit,
    all: statistics(scoresOf(metric, files)),
    groups: groups.flatMap((group) => {
      const inGroup = statistics(
        scoresOf(
          metric,
          files.filter((file) => file.group === group),
        ),
      );
      return inGroup === null ? [] : [{ group, ...inGroup }];
    }),
    skipped,
  };
}

function summariseClaims({ metric, title }: Scorer, files: readonly FileEvaluation[]): CalibrationSummary[] {
  const claims = scoresOf(metric, files).flatMap((score) => score.claims ?? []);
  const measured = calibration(claims);
  return measured === null ? [] : [{ metric, title, ...measured }];
}

function scoresOf(metric: string, files: readonly FileEvaluation[]): Score[] {
  return files.map(({ outcomes }) => outcomes[metric]).filter(isScore);
}

function isScore(outcome: Outcome | undefined): outcome is Score {
  return outcome !== undefined && !isSkipped(outcome);
}

function statistics(scores: readonly Score[]): Statistics | null {
  if (scores.length === 0) return null;
  const values = scores.map(({ value }) => value).sort((a, b) => a - b);
  const middle = values.length / 2;
  const count = values.length;
  return {
    count,
    mean: sum(values) / count,
    median: (values[Math.ceil(middle) - 1] + values[Math.floor(middle)]) / 2,
    ...pooled(scores),
  };
}

/** Precision and recall over all events, so that long files weigh more and empty ones do no harm. */
function pooled(scores: readonly Score[]): { precision?: number | null; recall?: number | null } {
  const detections = scores.flatMap(({ detection }) => detection ?? []);
  if (detections.length === 0) return {};
  const matched = sum(detections.map((detection) => detection.matched));
  const estimated = sum(detections.map((detection) => detection.estimated));
  const referenced = sum(detections.map((detection) => detection.referenced));
  return {
    precision: estimated === 0 ? null : matched / estimated,
    recall: referenced === 0 ? null : matched / referenced,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
