/** An evaluation as JSON with snake_case names: everything, file by file. */
import { isSkipped } from "./scorer.ts";
import type { Evaluation } from "./summary.ts";

/** The value that `hark evaluate --json` prints. */
export function jsonReport({ dataset, counts, metrics, calibration, files }: Evaluation): Record<string, unknown> {
  return {
    dataset,
    counts,
    metrics,
    calibration: calibration.map(({ expectedCalibrationError, logLoss, bins, ...rest }) => ({
      ...rest,
      log_loss: logLoss,
      expected_calibration_error: expectedCalibrationError,
      bins: bins.map(({ meanConfidence, ...bin }) => ({ ...bin, mean_confidence: meanConfidence })),
    })),
    files: files.map(({ file, group, error, outcomes }) => ({
      file,
      group,
      error,
      scores: Object.fromEntries(
        Object.entries(outcomes).flatMap(([metric, outcome]) => (isSkipped(outcome) ? [] : [[metric, outcome]])),
      ),
      skipped: Object.fromEntries(
        Object.entries(outcomes).flatMap(([metric, outcome]) =>
          isSkipped(outcome) ? [[metric, outcome.skipped]] : [],
        ),
      ),
    })),
  };
}
