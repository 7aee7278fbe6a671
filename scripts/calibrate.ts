/**
 * Fits the tables of measured chances that confidences are read from (src/agents/calibration-tables.ts), on recordings with
 * known truth: `npm run calibrate -- truth.json [more.json] [--measure other.json]`. The agents run with their evidence in
 * the place of the confidence, and the scorers of `hark evaluate` say which answers are right. What is reported is measured on
 * recordings that the table was not fitted to: by folds, and on the manifests to measure. The same input gives the same bytes.
 */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import process, { stderr, stdout } from "node:process";
import { parseArgs } from "node:util";
import { type CalibrationTable, chanceAt } from "../src/agents/calibration.ts";
import { CALIBRATION_TABLES } from "../src/agents/calibration-tables.ts";
import { findAgent } from "../src/agents/registry.ts";
import { type Calibration, type Claim, calibration } from "../src/evaluation/metrics/calibration.ts";
import { type ChancePoint, isotonicChances } from "../src/evaluation/metrics/isotonic-regression.ts";
import { type MeasuredRecording, measureManifest, type Quantity, scorerOf } from "./calibration-answers.ts";
import { writeGenerated } from "./generated-file.ts";

/** Every confidence that is read from a table. A new one is a line here. */
const QUANTITIES: readonly Quantity[] = [
  { name: "tempo", metric: "tempo_acc1", excerptSeconds: [5, 10] },
  { name: "meter", metric: "meter", excerptSeconds: [10, 20] },
  { name: "key", metric: "key_exact", excerptSeconds: [10, 20] },
  { name: "chord", metric: "chord_overlap", excerptSeconds: [] },
];
const TABLES_FILE = resolve(import.meta.dirname, "../src/agents/calibration-tables.ts");
const FOLDS = 10;
/** Fewer recordings make no table; the one there is stays. */
const MIN_RECORDINGS = 20;
const DECIMALS = 3;

type Answers = readonly (readonly Claim[])[];

/** Confidences from tables that the recording had no part in: of ten folds, each is read from a table of the others. */
function crossValidated(recordings: Answers): Claim[] {
  return recordings.flatMap((answers, index) => {
    const others = recordings.filter((_, other) => other % FOLDS !== index % FOLDS).flat();
    return withConfidence(answers, isotonicChances(others.map(evidenced)));
  });
}

function withConfidence(answers: readonly Claim[], points: readonly ChancePoint[]): Claim[] {
  return answers.map((answer) => ({ ...answer, confidence: chanceAt(points, answer.confidence) }));
}

function evidenced({ confidence: evidence, ...answer }: Claim) {
  return { ...answer, evidence };
}

function fitted({ name, metric }: Quantity, recordings: readonly MeasuredRecording[]): CalibrationTable | null {
  const answered = recordings.filter(({ answers }) => (answers.get(name)?.length ?? 0) > 0);
  const answers = answered.map((recording) => recording.answers.get(name) ?? []);
  const measured = calibration(crossValidated(answers));
  if (measured === null || answered.length < MIN_RECORDINGS) return null;
  report(`${name}, cross-validated on ${answered.length} recordings`, measured);
  const agent = findAgent(scorerOf(metric).agent);
  const datasets = [...new Set(answered.map(({ dataset }) => dataset))];
  return {
    agent: agent.name,
    agentVersion: agent.version,
    datasets: datasets.map((dataset) => ({
      name: dataset,
      recordings: answered.filter((recording) => recording.dataset === dataset).length,
    })),
    answers: measured.count,
    crossValidated: {
      folds: FOLDS,
      expectedCalibrationError: rounded(measured.expectedCalibrationError),
      brier: rounded(measured.brier),
      logLoss: rounded(measured.logLoss),
    },
    points: isotonicChances(answers.flat().map(evidenced)).map(({ evidence, chance }) => ({
      evidence: rounded(evidence),
      chance: rounded(chance),
    })),
  };
}

function isSmaller(table: CalibrationTable, than: CalibrationTable | undefined): boolean {
  const recordingsOf = ({ datasets }: CalibrationTable) => datasets.reduce((sum, set) => sum + set.recordings, 0);
  return than !== undefined && recordingsOf(table) < recordingsOf(than);
}

function rounded(value: number): number {
  return Number(value.toFixed(DECIMALS));
}

function report(title: string, measured: Calibration): void {
  const { count, expectedCalibrationError, brier, logLoss, bins } = measured;
  const curve = bins.map((bin) => `${bin.meanConfidence.toFixed(2)}→${bin.accuracy.toFixed(2)} (${bin.count})`);
  stdout.write(
    `${title}: ${count} answers, expected calibration error ${expectedCalibrationError.toFixed(3)}, ` +
      `Brier ${brier.toFixed(3)}, log loss ${logLoss.toFixed(3)}\n  claimed→right ${curve.join(", ")}\n`,
  );
}

function writeTables(tables: Readonly<Record<string, CalibrationTable>>): void {
  const content = [
    "/**",
    " * Written by `npm run calibrate -- truth.json …`: evidence and the measured chance of being right, where each table",
    " * comes from, and how well it held on recordings that it was not fitted to. Not to be edited by hand.",
    " */",
    `export const CALIBRATION_TABLES = ${JSON.stringify(tables)} as const;`,
    "",
  ].join("\n");
  const biome = resolve(import.meta.dirname, "../node_modules/.bin/biome");
  writeGenerated(TABLES_FILE, execFileSync(biome, ["format", `--stdin-file-path=${TABLES_FILE}`], { input: content }));
}

const { positionals: manifests, values } = parseArgs({
  allowPositionals: true,
  options: {
    measure: { type: "string", multiple: true, default: [] },
    only: { type: "string" },
    force: { type: "boolean", default: false },
  },
});
if (manifests.length === 0 && values.measure.length === 0) {
  stderr.write(
    "Name manifests of recordings with known truth (docs/evaluation.md): npm run calibrate -- truth.json. " +
      "With --measure other.json the tables are only measured on it; with --only tempo,key the others stay.\n",
  );
  process.exit(2);
}
const quantities = QUANTITIES.filter(({ name }) => values.only === undefined || values.only.split(",").includes(name));
const recordings: MeasuredRecording[] = [];
for (const manifest of manifests) recordings.push(...(await measureManifest(manifest, quantities)));
const tables: Record<string, CalibrationTable> = { ...CALIBRATION_TABLES };
for (const quantity of quantities) {
  const table = fitted(quantity, recordings);
  if (table !== null && isSmaller(table, tables[quantity.name]) && !values.force) {
    stderr.write(`${quantity.name}: fewer recordings than its table has. Name all manifests, or give --force.\n`);
    process.exit(2);
  } else if (table !== null) tables[quantity.name] = table;
  else if (manifests.length > 0) stdout.write(`${quantity.name}: too few recordings with truth; its table stays\n`);
}
for (const manifest of values.measure) {
  const others = await measureManifest(manifest, quantities);
  for (const { name } of quantities) {
    const claims = others.flatMap(({ answers }) => withConfidence(answers.get(name) ?? [], tables[name]?.points ?? []));
    const measured = calibration(claims);
    if (measured !== null) report(`${name}, measured on ${manifest}`, measured);
  }
}
if (manifests.length > 0) writeTables(tables);
