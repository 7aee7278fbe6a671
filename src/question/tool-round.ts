/** The tool calls of one turn: run side by side, told as they end, and answered to the model in the order in which it asked. */
import { AppError, toAppError } from "../errors.ts";
import type { ChatMessage, ChatToolCall } from "../gateway/chat.ts";
import type { Fence } from "../gateway/fence.ts";
import type { ToolEvidence } from "./claim.ts";
import type { LogExecution } from "./conversation.ts";
import type { QuestionEvent } from "./event.ts";
import type { QuestionTool, ToolProgress } from "./question-tool.ts";

/** More calls of one turn are refused to the model. */
export const MOST_CALLS_OF_TURN = 16;
/** The largest result, in characters of JSON: more would crowd the model's context. */
export const MOST_RESULT_CHARACTERS = 20_000;
/** Of what cannot be parsed, the model is shown the beginning. */
const SHOWN_CHARACTERS = 200;

export interface ToolRoundOptions {
  readonly tools: readonly QuestionTool[];
  readonly fence: Fence;
  readonly signal: AbortSignal;
  readonly progress: ToolProgress;
  readonly logExecution: LogExecution;
  /** Of tools; the model is told kind and message. */
  readonly onFailure: (error: unknown, tool: string) => void;
}

export interface ToolOutcome {
  readonly call: ChatToolCall;
  /** Null where the arguments were no JSON object. */
  readonly arguments: Record<string, unknown> | null;
  /** Null where the tool failed. */
  readonly evidence: ToolEvidence | null;
  /** What the model gets. */
  readonly message: ChatMessage;
}

/** A call that runs. */
export interface StartedCall {
  readonly call: ChatToolCall;
  readonly arguments: Record<string, unknown> | null;
  /** Never rejects: failures of tools are outcomes. */
  readonly outcome: Promise<ToolOutcome>;
}

/** Starts all calls at once. */
export function startToolCalls(calls: readonly ChatToolCall[], options: ToolRoundOptions): StartedCall[] {
  return calls.map((call, place) => {
    const args = parseArguments(call);
    return { call, arguments: args, outcome: runCall(call, args, place, options) };
  });
}

/**
 * Tells of the calls, and of each result as it comes. Gives the outcomes in the order of the calls.
 * @throws AppError cancelled as soon as the signal aborts, also where a tool does not heed it.
 */
export async function* toolResults(
  calls: readonly StartedCall[],
  signal: AbortSignal,
): AsyncGenerator<QuestionEvent, readonly ToolOutcome[], undefined> {
  for (const { call, arguments: args } of calls) yield { type: "tool_call", tool: call.name, arguments: args ?? {} };
  using aborted = whenAborted(signal);
  const outcomes: ToolOutcome[] = [];
  const running = new Map(calls.map((call, place) => [place, call.outcome.then((outcome) => ({ place, outcome }))]));
  while (running.size > 0) {
    const { place, outcome } = await Promise.race([...running.values(), aborted.promise]);
    running.delete(place);
    outcomes[place] = outcome;
    yield { type: "tool_result", tool: outcome.call.name, success: outcome.evidence !== null };
  }
  return outcomes;
}

/** Null for what is no JSON object. */
function parseArguments({ arguments: text }: ChatToolCall): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : null;
  } catch {
    return null;
  }
}

async function runCall(
  call: ChatToolCall,
  args: Record<string, unknown> | null,
  place: number,
  options: ToolRoundOptions,
): Promise<ToolOutcome> {
  const { fence, signal, logExecution, onFailure } = options;
  const startedAt = new Date();
  const began = performance.now();
  const end = (evidence: ToolEvidence | null, content: unknown, error: AppError | null): ToolOutcome => {
    logExecution({
      kind: "tool",
      name: call.name,
      startedAt,
      durationMs: performance.now() - began,
      success: error === null,
      errorKind: error?.kind ?? null,
      inputTokens: null,
      outputTokens: null,
      costUsd: null,
    });
    const message: ChatMessage = { role: "tool", content: fence.enclose(content), toolCallId: call.id };
    return { call, arguments: args, evidence, message };
  };
  try {
    const value = await runTool(call, args, place, options);
    return end({ tool: call.name, arguments: args ?? {}, value }, value, null);
  } catch (error) {
    if (!signal.aborted) onFailure(error, call.name);
    const failure = toAppError(error);
    return end(null, { error: { kind: failure.kind, message: failure.message } }, failure);
  }
}

async function runTool(
  { name, arguments: text }: ChatToolCall,
  args: Record<string, unknown> | null,
  place: number,
  { tools, signal, progress }: ToolRoundOptions,
): Promise<Record<string, unknown>> {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined) {
    const names = tools.map((candidate) => candidate.name).join(", ");
    throw new AppError("not_found", `There is no tool "${name.slice(0, 80)}". There are: ${names}.`);
  }
  if (args === null) {
    const shown = text.slice(0, SHOWN_CHARACTERS).toWellFormed();
    throw new AppError(
      "invalid_input",
      `The arguments of ${name} are no JSON object: ${shown}. Call it again with one.`,
    );
  }
  if (place >= MOST_CALLS_OF_TURN) {
    throw new AppError(
      "invalid_input",
      `At most ${MOST_CALLS_OF_TURN} calls fit into a turn. Ask again for the others.`,
    );
  }
  const value = await tool.run(args, signal, progress);
  const { length } = JSON.stringify(value);
  if (length <= MOST_RESULT_CHARACTERS) return value;
  const message = `The result has ${length} characters, and at most ${MOST_RESULT_CHARACTERS} fit. Ask for less: a shorter range, fewer points, the summary.`;
  throw new AppError("invalid_input", message);
}

/** A promise that rejects when the signal aborts, and does not hold on to the signal after its scope. */
function whenAborted(signal: AbortSignal): Disposable & { readonly promise: Promise<never> } {
  const { promise, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting at that moment.
  promise.catch(() => {});
  const abort = () => reject(toAppError(new DOMException("The caller has left.", "AbortError")));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return { promise, [Symbol.dispose]: () => signal.removeEventListener("abort", abort) };
}
