/** Scores a manifest: every file that has truth is measured by the tools and scored by every metric that its truth allows. */
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { AppError, toAppError } from "../errors.ts";
import { runTool } from "../tools/run-tool.ts";
import type { CallContext, Tool } from "../tools/tool.ts";
import type { ManifestItem } from "./manifest.ts";
import { isSkipped, NOT_MEASURED, type Outcome, type Scorer } from "./scorer.ts";

/** Files that are worked on at once; the pool decides how many are measured at once. */
const CONCURRENCY = 4;

export interface FileEvaluation {
  /** As the manifest names it. */
  readonly file: string;
  /** The file's folder in the manifest, or its kind where all lie beside it. */
  readonly group: string;
  /** By metric; only metrics about which the manifest says something. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** Why the file, or an analysis of it, failed. */
  readonly error: { readonly kind: string; readonly message: string } | null;
}

export interface EvaluationOptions {
  readonly scorers: readonly Scorer[];
  /** The tools that measure: `analyse_<agent>`. An agent without a tool is not measured. */
  readonly tools: readonly Tool[];
  /** Services and signal; progress tells the share of all files. */
  readonly call: CallContext;
  /** The folder to which the manifest's paths are relative. */
  readonly folder: string;
}

interface Plan {
  readonly scorer: Scorer;
  readonly score: ReturnType<Scorer["plan"]>;
}

type Result = Readonly<Record<string, unknown>> | { readonly failed: unknown } | null;

/**
 * One evaluation an item, in order. A file that fails is an evaluation with an error; an item without truth is not measured.
 * @throws AppError cancelled after an abort.
 */
export async function evaluateItems(
  items: readonly ManifestItem[],
  options: EvaluationOptions,
): Promise<FileEvaluation[]> {
  const { call } = options;
  const evaluations: FileEvaluation[] = [];
  const shares = items.map(() => 0);
  const queue = items.entries();
  const work = async () => {
    for (const [index, item] of queue) {
      const progress: CallContext["progress"] = (share) => {
        shares[index] = share ?? shares[index];
        call.progress(shares.reduce((sum, done) => sum + done, 0) / items.length, item.file);
      };
      evaluations[index] = await evaluateItem(item, { ...options, call: { ...call, progress } });
      progress(1, item.file);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, work));
  return evaluations;
}

async function evaluateItem(item: ManifestItem, options: EvaluationOptions): Promise<FileEvaluation> {
  const plans: Plan[] = options.scorers
    .map((scorer) => ({ scorer, score: scorer.plan(item) }))
    .filter(({ score }) => score !== null);
  const agents = new Set(plans.filter(({ score }) => typeof score === "function").map(({ scorer }) => scorer.agent));
  const { results, failure } = await measure(item, agents, options);
  const outcomes = plans.map(({ scorer, score }) => [
    scorer.metric,
    outcomeOf(score, results.get(scorer.agent) ?? null),
  ]);
  return {
    file: item.file,
    group: groupOf(item),
    outcomes: Object.fromEntries(outcomes),
    error: failure === undefined ? null : describe(failure),
  };
}

/** The agents' results by name; the failure of the file itself, or the first of an agent. */
async function measure(
  item: ManifestItem,
  agents: ReadonlySet<string>,
  { tools, call, folder }: EvaluationOptions,
): Promise<{ results: ReadonlyMap<string, Result>; failure: unknown }> {
  call.signal.throwIfAborted();
  const measuring = tools.filter((tool) => agents.has(tool.name.replace(/^analyse_/, "")));
  if (measuring.length === 0) return { results: new Map(), failure: undefined };
  try {
    const track = await call.services.library.resolve(pathOf(item, folder), call.signal);
    const settled = await Promise.allSettled(
      measuring.map((tool) => runTool(tool, argumentsFor(tool, track.id), call)),
    );
    call.signal.throwIfAborted();
    const results = settled.map((answer, index): [string, Result] => [
      measuring[index].name.replace(/^analyse_/, ""),
      answer.status === "fulfilled" ? answer.value.value : { failed: answer.reason },
    ]);
    return { results: new Map(results), failure: settled.find((answer) => answer.status === "rejected")?.reason };
  } catch (error) {
    call.signal.throwIfAborted();
    return { results: new Map([...agents].map((agent) => [agent, { failed: error }])), failure: error };
  }
}

/** A manifest from elsewhere must not choose what is read here. */
function pathOf({ file }: ManifestItem, folder: string): string {
  const path = resolve(folder, file);
  const below = relative(folder, path);
  if (below.split(/[\\/]/)[0] !== ".." && !isAbsolute(below)) return path;
  throw new AppError("invalid_input", "The file is outside the manifest's folder. Put the manifest above its files.");
}

function argumentsFor(tool: Tool, trackId: string): Record<string, unknown> {
  return { track_id: trackId, ...("detail" in tool.input.shape ? { detail: "full" } : {}) };
}

function outcomeOf(score: Plan["score"], result: Result): Outcome {
  if (score === null || isSkipped(score)) return score ?? NOT_MEASURED;
  if (result === null) return NOT_MEASURED;
  return "failed" in result ? { skipped: "the analysis failed" } : score(result);
}

function groupOf({ file, kind }: ManifestItem): string {
  const folder = dirname(file);
  return folder === "." ? (kind ?? ".") : folder;
}

function describe(error: unknown): { kind: string; message: string } {
  const { kind, message } = toAppError(error);
  return { kind, message };
}
