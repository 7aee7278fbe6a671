/**
 * Written by `npm run calibrate -- truth.json …`: evidence and the measured chance of being right, where each table
 * comes from, and how well it held on recordings that it was not fitted to. Not to be edited by hand.
 */
export const CALIBRATION_TABLES = {
  tempo: {
    agent: "rhythm",
    agentVersion: 3,
    datasets: [{ name: "public dev set", recordings: 96 }],
    answers: 428,
    crossValidated: { folds: 10, expectedCalibrationError: 0.058, brier: 0.138, logLoss: 0.441 },
    points: [
      { evidence: 0.18, chance: 0.529 },
      { evidence: 0.273, chance: 0.779 },
      { evidence: 0.339, chance: 0.797 },
      { evidence: 0.444, chance: 0.815 },
      { evidence: 0.607, chance: 0.922 },
      { evidence: 0.795, chance: 0.93 },
    ],
  },
  meter: {
    agent: "rhythm",
    agentVersion: 3,
    datasets: [{ name: "public dev set", recordings: 72 }],
    answers: 334,
    crossValidated: { folds: 10, expectedCalibrationError: 0.041, brier: 0.177, logLoss: 0.525 },
    points: [
      { evidence: 0.366, chance: 0.418 },
      { evidence: 0.456, chance: 0.44 },
      { evidence: 0.516, chance: 0.554 },
      { evidence: 0.571, chance: 0.6 },
      { evidence: 0.627, chance: 0.804 },
      { evidence: 0.677, chance: 0.895 },
      { evidence: 0.775, chance: 0.921 },
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
    crossValidated: { folds: 10, expectedCalibrationError: 0.056, brier: 0.142, logLoss: 0.442 },
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
    answers: 2563,
    crossValidated: { folds: 10, expectedCalibrationError: 0.021, brier: 0.124, logLoss: 0.4 },
    points: [
      { evidence: 0.059, chance: 0.601 },
      { evidence: 0.13, chance: 0.647 },
      { evidence: 0.185, chance: 0.749 },
      { evidence: 0.227, chance: 0.815 },
      { evidence: 0.268, chance: 0.891 },
      { evidence: 0.305, chance: 0.956 },
      { evidence: 0.382, chance: 0.959 },
    ],
  },
} as const;
