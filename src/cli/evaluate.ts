/** `hark evaluate`: how right Hark is on recordings of which the truth is known. */
import { stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { AppError } from "../errors.ts";
import { evaluateItems } from "../evaluation/evaluate.ts";
import { htmlReport } from "../evaluation/html-report.ts";
import { jsonReport } from "../evaluation/json-report.ts";
import { readManifest } from "../evaluation/manifest.ts";
import { SCORERS } from "../evaluation/registry.ts";
import { summarise } from "../evaluation/summary.ts";
import { textReport } from "../evaluation/text-report.ts";
import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { createProgressBar } from "./progress-bar.ts";

export const evaluateCommand: Command = {
  name: "evaluate",
  usage: "evaluate MANIFEST [--json] [--html REPORT]",
  summary: "Scores the analyses against a manifest of known truth (docs/evaluation.md)",

  async run(args, { services, tools, signal, version, print, note }) {
    const options = { json: { type: "boolean" }, html: { type: "string" } } as const;
    const { values, positionals } = parseArguments(args, options, this.usage);
    const [path, extra] = positionals;
    if (path === undefined || extra !== undefined) {
      throw new AppError("invalid_input", `Name one manifest. Usage: hark ${this.usage}`);
    }
    const reportPath = typeof values.html === "string" ? values.html : null;
    if (reportPath !== null) await checkFolder(reportPath);
    const manifest = await readManifest(path);
    const bar = createProgressBar(process.stderr);
    const files = await evaluateItems(manifest.items, {
      scorers: SCORERS,
      tools,
      call: { services, signal, progress: (share, message) => bar.show(share ?? 0, message) },
      folder: dirname(resolve(path)),
    }).finally(() => bar.clear());
    const evaluation = summarise(manifest.dataset ?? null, files, SCORERS);
    if (values.json === true) print(JSON.stringify(jsonReport(evaluation), null, 2));
    else for (const line of textReport(evaluation)) print(line);
    if (reportPath !== null) {
      await writeReport(reportPath, htmlReport(evaluation, version));
      note(`The report is in ${reportPath}.`);
    }
    if (evaluation.counts.scored > 0) return 0;
    note("No file was scored.");
    return 1;
  },
};

/** Before the work, not after it. */
async function checkFolder(path: string): Promise<void> {
  const folder = await stat(dirname(resolve(path))).catch(() => null);
  if (folder?.isDirectory() !== true) {
    throw new AppError(
      "invalid_input",
      "The folder of the report does not exist. Make it, or name another for --html.",
    );
  }
}

async function writeReport(path: string, page: string): Promise<void> {
  try {
    await writeFile(path, page);
  } catch (cause) {
    throw new AppError("invalid_input", "The report cannot be written. Name a file that may be written for --html.", {
      cause,
    });
  }
}
