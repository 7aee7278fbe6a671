/**
 * Written by `npm run calibrate -- truth.json …`: evidence and the measured chance of being right, where each table
 * comes from, and how well it held on recordings that it was not fitted to. Not to be edited by hand.
 */
export const CALIBRATION_TABLES = {
  tempo: {
    agent: "rhythm",
    agentVersion: 3,
    datasets: [{ name: "public dev set", recordings: 97 }],
    answers: 429,
    crossValidated: { folds: 10, expectedCalibrationError: 0.021, brier: 0.141, logLoss: 0.443 },
    points: [
      { evidence: 0.181, chance: 0.601 },
      { evidence: 0.259, chance: 0.743 },
      { evidence: 0.364, chance: 0.761 },
      { evidence: 0.518, chance: 0.886 },
      { evidence: 0.789, chance: 0.959 },
    ],
  },
  meter: {
    agent: "rhythm",
    agentVersion: 3,
    datasets: [{ name: "public dev set", recordings: 73 }],
    answers: 336,
    crossValidated: { folds: 10, expectedCalibrationError: 0.032, brier: 0.189, logLoss: 0.553 },
    points: [
      { evidence: 0.42, chance: 0.451 },
      { evidence: 0.517, chance: 0.485 },
      { evidence: 0.561, chance: 0.576 },
      { evidence: 0.6, chance: 0.735 },
      { evidence: 0.648, chance: 0.826 },
      { evidence: 0.712, chance: 0.871 },
      { evidence: 0.806, chance: 0.962 },
    ],
  },
  key: {
    agent: "tonal",
    agentVersion: 2,
    datasets: [
      { name: "public dev set", recordings: 22 },
      { name: "generated music, validation part", recordings: 146 },
    ],
    answers: 241,
    crossValidated: { folds: 10, expectedCalibrationError: 0.054, brier: 0.143, logLoss: 0.443 },
    points: [
      { evidence: 0.662, chance: 0.441 },
      { evidence: 0.809, chance: 0.592 },
      { evidence: 0.861, chance: 0.653 },
      { evidence: 0.914, chance: 0.804 },
      { evidence: 0.973, chance: 0.895 },
      { evidence: 1.02, chance: 0.925 },
      { evidence: 1.1, chance: 0.957 },
    ],
  },
  chord: {
    agent: "tonal",
    agentVersion: 2,
    datasets: [
      { name: "public dev set", recordings: 8 },
      { name: "generated music, validation part", recordings: 146 },
    ],
    answers: 2561,
    crossValidated: { folds: 10, expectedCalibrationError: 0.012, brier: 0.124, logLoss: 0.398 },
    points: [
      { evidence: 0.059, chance: 0.606 },
      { evidence: 0.13, chance: 0.64 },
      { evidence: 0.185, chance: 0.745 },
      { evidence: 0.227, chance: 0.806 },
      { evidence: 0.269, chance: 0.891 },
      { evidence: 0.305, chance: 0.956 },
      { evidence: 0.382, chance: 0.959 },
    ],
  },
} as const;
