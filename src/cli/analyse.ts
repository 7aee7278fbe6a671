/** `hark analyse`: everything that Hark measures of one or many files. */
import { styleText } from "node:util";
import { z } from "zod";
import { AppError, toAppError } from "../errors.ts";
import { newRequestId, withRequestId } from "../telemetry/log.ts";
import { runTool } from "../tools/run-tool.ts";
import type { ReportProgress, Tool } from "../tools/tool.ts";
import { parseArguments } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { EXIT_CODES } from "./exit-code.ts";
import { inputFiles } from "./input-files.ts";
import { createProgressBar } from "./progress-bar.ts";
import { printable, renderFields } from "./render.ts";

/** Files that are worked on at once; the pool decides how many are measured at once. */
const CONCURRENCY = 4;

/** What the table shows of where a result comes from. */
const PROVENANCE = z.looseObject({
  cached: z.boolean(),
  warning: z.string().nullable(),
  model: z.looseObject({ name: z.string() }).nullish(),
  notes: z.array(z.string()).default([]),
});

type Fields = Readonly<Record<string, unknown>>;

type FileReport = { readonly file: string } & (
  | { readonly track: Fields; readonly analyses: Readonly<Record<string, Fields>>; readonly error: null }
  | { readonly error: AppError }
);

export const analyseCommand: Command = {
  name: "analyse",
  usage: "analyse FILE… [--json] [--full]",
  summary: "Measures files (also folders, patterns, - for standard input) and prints a table",

  async run(args, context) {
    const options = { json: { type: "boolean" }, full: { type: "boolean" } } as const;
    const { values, positionals } = parseArguments(args, options, this.usage);
    if (positionals.length === 0)
      throw new AppError("invalid_input", `Name at least one audio file. Usage: hark ${this.usage}`);
    if (analysisTools(context.tools).length === 0) {
      throw new AppError(
        "invalid_input",
        "HARK_TOOLSETS or HARK_TOOLS hide every analysis, so there is nothing to measure. Unset them.",
      );
    }
    const files = await inputFiles(positionals);
    const reports = await analyseAll(
      files,
      values.full === true,
      context,
      values.json === true ? () => {} : (report) => print(report, context),
    );
    if (values.json === true) {
      const results = reports.map(jsonReport);
      context.print(JSON.stringify(results.length === 1 ? results[0] : results, null, 2));
    }
    const failed = reports.find((report) => report.error !== null);
    return failed?.error ? EXIT_CODES[failed.error.kind] : 0;
  },
};

async function analyseAll(
  files: readonly string[],
  full: boolean,
  context: CommandContext,
  onReport: (report: FileReport) => void,
): Promise<FileReport[]> {
  const bar = createProgressBar(process.stderr);
  const reports: FileReport[] = [];
  const shares = files.map(() => 0);
  const queue = files.entries();
  const work = async () => {
    for (const [index, file] of queue) {
      const show: ReportProgress = (share) => {
        shares[index] = share ?? shares[index] ?? 0;
        bar.show(shares.reduce((sum, done) => sum + done, 0) / files.length, file);
      };
      const report = await withRequestId(newRequestId(), () => analyseFile(file, full, context, show));
      show(1, "");
      bar.clear();
      onReport(report);
      reports[index] = report;
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, files.length) }, work));
  return reports;
}

async function analyseFile(
  file: string,
  full: boolean,
  { services, tools, signal, logFailure }: CommandContext,
  progress: ReportProgress,
): Promise<FileReport> {
  try {
    signal.throwIfAborted();
    const call = { services, signal, progress };
    const track =
      file === "-"
        ? await services.library.addStream(process.stdin, "standard input", signal)
        : await services.library.resolve(file, signal);
    const answers = await Promise.all(
      analysisTools(tools).map(async (tool) => {
        const args = { track_id: track.id, ...(full && "detail" in tool.input.shape ? { detail: "full" } : {}) };
        return [agentOf(tool), (await runTool(tool, args, call)).value] as const;
      }),
    );
    const known = tools.find((tool) => tool.name === "get_track");
    const view =
      known === undefined ? { track_id: track.id } : (await runTool(known, { track_id: track.id }, call)).value;
    return { file, track: view, analyses: Object.fromEntries(answers), error: null };
  } catch (error) {
    logFailure(error);
    return { file, error: toAppError(error) };
  }
}

function analysisTools(tools: readonly Tool[]): readonly Tool[] {
  return tools.filter((tool) => tool.name.startsWith("analyse_"));
}

function agentOf(tool: Tool): string {
  return tool.name.replace(/^analyse_/, "");
}

function jsonReport(report: FileReport): Fields {
  if (report.error !== null)
    return { file: report.file, error: { kind: report.error.kind, message: report.error.message } };
  return { file: report.file, track: report.track, ...report.analyses };
}

function print(report: FileReport, { print: line, note }: CommandContext): void {
  if (report.error !== null) {
    note(`${styleText("red", printable(report.file))}: ${report.error.message}`);
    return;
  }
  line(`${styleText("bold", printable(report.file))}  ${styleText("dim", String(report.track.track_id))}`);
  for (const [agent, { track_id: _id, provenance, ...fields }] of Object.entries(report.analyses)) {
    const { cached, warning, model, notes } = PROVENANCE.parse(provenance);
    const by = model ? styleText("dim", ` by ${model.name}`) : "";
    line(`\n${styleText("cyan", agent)}${by}${cached ? styleText("dim", " (stored)") : ""}`);
    for (const note of notes) line(`  ${styleText("yellow", note)}`);
    if (warning !== null) line(`  ${styleText("yellow", warning)}`);
    for (const row of renderFields(fields)) line(row);
  }
  line("");
}
