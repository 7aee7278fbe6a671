/** `hark ask`: a question about a file, its answer as it comes, and what the measurements say to each value. */
import { styleText } from "node:util";
import { AppError } from "../errors.ts";
import type { CollectedAnswer, Question } from "../question/base-router.ts";
import type { Claim } from "../question/claim.ts";
import type { QuestionEvent } from "../question/event.ts";
import { newRequestId, withRequestId } from "../telemetry/log.ts";
import { askAnswer } from "../tools/ask-track.ts";
import { questionRouterFor } from "../tools/question-router-for.ts";
import { createTools } from "../tools/registry.ts";
import type { ReportProgress } from "../tools/tool.ts";
import { parseArguments } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { createProgressBar } from "./progress-bar.ts";
import { printable } from "./render.ts";

const OPTIONS = {
  model: { type: "string" },
  "max-cost": { type: "string" },
  session: { type: "string" },
  json: { type: "boolean" },
} as const;

const SIGNS: Readonly<Record<Claim["status"], string>> = {
  supported: styleText("green", "✓"),
  unsupported: styleText("yellow", "?"),
  contradicted: styleText("red", "✗"),
};

export const askCommand: Command = {
  name: "ask",
  usage: 'ask FILE "QUESTION" [--model MODEL] [--max-cost USD] [--session SESSION] [--json]',
  summary: "Answers a question about a file with a language model that measures, every value checked",

  async run(args, context) {
    const { values, positionals } = parseArguments(args, OPTIONS, this.usage);
    const [file = "", ...words] = positionals;
    const text = words.join(" ").trim();
    if (file === "" || text === "") {
      throw new AppError("invalid_input", `Name a file, and ask a question about it. Usage: hark ${this.usage}`);
    }
    const asked = {
      text,
      history: [],
      sessionId: option(values.session),
      model: option(values.model),
      maxCostUsd: maxCost(option(values["max-cost"]), this.usage),
    };
    const isJson = values.json === true;
    const answer = await withRequestId(newRequestId(), () => ask(file, asked, context, isJson));
    if (isJson) context.print(JSON.stringify(askAnswer(answer), null, 2));
    else printEnd(answer, context);
    return 0;
  },
};

async function ask(
  file: string,
  asked: Omit<Question, "trackId">,
  { services, signal, note, logFailure }: CommandContext,
  isJson: boolean,
): Promise<CollectedAnswer> {
  const track = await services.library.resolve(file, signal);
  // Of all tools, whichever of them are shown: what a question may use is decided by what they do.
  const tools = createTools(services.agents);
  const bar = createProgressBar(process.stderr);
  let lineIsOpen = false;
  let barIsShown = false;
  const progress: ReportProgress = (share, words) => {
    // It would overwrite the answer.
    if (lineIsOpen) return;
    bar.show(share ?? 0, words);
    barIsShown = true;
  };
  const router = await questionRouterFor({ tools, services, progress, onFailure: logFailure });
  const show = (event: QuestionEvent) => {
    if (barIsShown) bar.clear();
    barIsShown = false;
    if (isJson) return;
    // What sets texts apart needs no second empty line after one that calls of tools have ended.
    if (event.type === "token")
      process.stdout.write(printableText(event.text.replace(/^\n+/, lineIsOpen ? "$&" : "\n")));
    if (lineIsOpen && event.type !== "token") process.stdout.write("\n");
    lineIsOpen = event.type === "token" && !event.text.endsWith("\n");
    if (event.type === "tool_call") note(styleText("dim", `→ ${printable(describeCall(event))}`));
    if (event.type === "tool_result" && !event.success) note(styleText("dim", `✗ ${printable(event.tool)} failed`));
  };
  return router.collect({ ...asked, trackId: track.id }, signal, show);
}

function describeCall({ tool, arguments: args }: Extract<QuestionEvent, { type: "tool_call" }>): string {
  const named = Object.entries(args).filter(([name]) => name !== "track_id");
  return [tool, ...named.map(([name, value]) => `${name}=${JSON.stringify(value)}`)].join(" ");
}

function printEnd({ done }: CollectedAnswer, { print }: CommandContext): void {
  print("");
  if (done.corrected_from !== null)
    print(styleText("yellow", "  The first answer contradicted the measurements. The second one replaces it."));
  for (const claim of done.claims) print(`  ${SIGNS[claim.status]} ${printable(claim.text)}${describeEvidence(claim)}`);
  const cost = done.cost.usd === null ? `cost unknown: ${done.cost.why_null}` : `$${done.cost.usd.toFixed(4)}`;
  const { input_tokens, output_tokens } = done.usage;
  const parts = [done.model, `${input_tokens} + ${output_tokens} tokens`, cost];
  const session = done.session_id === null ? [] : [`session ${done.session_id}`];
  print(styleText("dim", `  ${printable([...parts, ...session].join(" · "))}`));
}

function describeEvidence({ status, measured, tool, field, confidence }: Claim): string {
  if (status === "unsupported") return styleText("dim", "  not measured");
  const value = status === "contradicted" ? ` measured ${measured}` : "";
  const chance = confidence === null ? "" : ` (confidence ${confidence})`;
  return styleText("dim", printable(` ${value} ${tool ?? ""} ${field ?? ""}${chance}`));
}

/** Text of several lines without what controls a terminal. */
function printableText(text: string): string {
  return text.replace(/[^\n\t]+/g, printable);
}

function option(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function maxCost(text: string | null, usage: string): number | null {
  if (text === null) return null;
  const usd = Number(text);
  if (usd > 0 && Number.isFinite(usd)) return usd;
  throw new AppError("invalid_input", `--max-cost is US dollars above 0, as 0.05. Usage: hark ${usage}`);
}
