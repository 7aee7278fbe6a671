/** Answers a question with a language model that measures: tools and model take turns until there is an answer, which is checked. */
import { AppError, toAppError } from "../errors.ts";
import type { GatewayCaller } from "../gateway/budget-state.ts";
import type { ChatMessage, ChatToolCall } from "../gateway/chat.ts";
import type { Chat } from "../gateway/chat-service.ts";
import { createFence, type Fence } from "../gateway/fence.ts";
import { BaseRouter, type Question } from "./base-router.ts";
import { type ChatTurn, chatTurn, requireWhole } from "./chat-turn.ts";
import type { CheckAnswer, Claim, ToolEvidence } from "./claim.ts";
import type { LogExecution } from "./conversation.ts";
import { correctionRequest } from "./correction.ts";
import type { QuestionDone, QuestionEvent } from "./event.ts";
import type { QuestionTool, ToolProgress } from "./question-tool.ts";
import { Spending } from "./spending.ts";
import { systemPrompt } from "./system-prompt.ts";
import { type StartedCall, startToolCalls, type ToolOutcome, toolResults } from "./tool-round.ts";

/** A model that still wants to measure after so many rounds does not come to an end. */
export const MOST_ROUNDS = 8;
/** Rounds in a row with arguments that are no JSON: the model cannot do it. */
const MOST_MALFORMED_ROUNDS = 3;

const BLANK_LINE = "\n\n";

export interface QuestionRouterOptions {
  readonly gateway: {
    readonly chat: Chat;
    /** Whom costs are counted for. */
    readonly caller: GatewayCaller;
  };
  readonly tools: readonly QuestionTool[];
  readonly checkAnswer: CheckAnswer;
  /** Of running tools. */
  readonly progress?: ToolProgress;
  readonly logExecution?: LogExecution;
  /** What went wrong, with its cause: in a tool (named), or in a call of a model (null): the last one before an `error` event. */
  readonly onFailure?: (error: unknown, tool: string | null) => void;
}

/** One question on its way. */
interface Run {
  readonly question: Question;
  readonly signal: AbortSignal;
  readonly fence: Fence;
  readonly spending: Spending;
  readonly messages: ChatMessage[];
  readonly evidence: ToolEvidence[];
  readonly toolsCalled: QuestionDone["tools_called"];
  /** All text so far. */
  text: string;
  lastModel: string | null;
  malformedRounds: number;
}

/** Drives any model of the gateway that can call tools. */
export class QuestionRouter extends BaseRouter {
  readonly #options: QuestionRouterOptions;

  constructor(options: QuestionRouterOptions) {
    super();
    this.#options = options;
  }

  async *events(question: Question, signal: AbortSignal): AsyncGenerator<QuestionEvent, void, undefined> {
    const leaving = new AbortController();
    try {
      signal.throwIfAborted();
      yield* this.#answer(startRun(question, AbortSignal.any([signal, leaving.signal])));
    } catch (error) {
      this.#options.onFailure?.(error, null);
      // Whatever fails after the caller has left fails because of that.
      const { kind, message } = toAppError(signal.aborted ? new DOMException("Left.", "AbortError") : error);
      yield { type: "error", kind, message };
    } finally {
      leaving.abort();
    }
  }

  async *#answer(run: Run): AsyncGenerator<QuestionEvent, void, undefined> {
    for (let round = 1; round <= MOST_ROUNDS; round++) {
      const started: StartedCall[] = [];
      const turn = yield* this.#turn(run, run.text === "" ? "" : BLANK_LINE, (calls) =>
        started.push(...this.#startTools(run, calls)),
      );
      if (turn.text !== "") run.text += (run.text === "" ? "" : BLANK_LINE) + turn.text;
      if (turn.calls.length === 0) {
        requireWhole(turn);
        yield* this.#finish(run, turn);
        return;
      }
      const outcomes = yield* this.#toolResults(run, started);
      run.messages.push(callingMessage(turn, outcomes), ...outcomes.map(({ message }) => message));
      refuseMalformed(run, turn, outcomes);
    }
    const message = `${run.lastModel} asked for tools ${MOST_ROUNDS} times without coming to an answer. Ask a narrower question, or choose another model.`;
    throw new AppError("upstream", message);
  }

  async *#turn(
    run: Run,
    separator: string,
    onCalls: (calls: readonly ChatToolCall[]) => void,
  ): AsyncGenerator<QuestionEvent, ChatTurn, undefined> {
    const { gateway, tools, logExecution = () => {} } = this.#options;
    const turn = yield* chatTurn({
      chat: gateway.chat,
      caller: gateway.caller,
      sessionId: run.question.sessionId,
      messages: [...run.messages],
      tools: tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
      model: run.question.model,
      lastModel: run.lastModel,
      spending: run.spending,
      signal: run.signal,
      logExecution,
      separator,
      onCalls,
    });
    run.lastModel = turn.end.model;
    return turn;
  }

  #startTools({ fence, signal }: Run, calls: readonly ChatToolCall[]): StartedCall[] {
    const { tools, progress = () => {}, logExecution = () => {}, onFailure = () => {} } = this.#options;
    return startToolCalls(calls, { tools, fence, signal, progress, logExecution, onFailure });
  }

  async *#toolResults(
    run: Run,
    calls: readonly StartedCall[],
  ): AsyncGenerator<QuestionEvent, readonly ToolOutcome[], undefined> {
    const outcomes = yield* toolResults(calls, run.signal);
    for (const { call, evidence } of outcomes) {
      run.toolsCalled.push({ tool: call.name, success: evidence !== null });
      if (evidence !== null) run.evidence.push(evidence);
    }
    return outcomes;
  }

  /** Checks the answer, has it corrected once where it contradicts what was measured, and says `done`. */
  async *#finish(run: Run, turn: ChatTurn): AsyncGenerator<QuestionEvent, void, undefined> {
    const claims = this.#options.checkAnswer(run.text, run.evidence);
    const corrected = yield* this.#correct(run, turn, claims);
    const answer = corrected ?? run.text;
    yield {
      type: "done",
      full_response: answer,
      corrected_from: corrected === null ? null : run.text,
      claims: corrected === null ? claims : this.#options.checkAnswer(corrected, run.evidence),
      tools_called: run.toolsCalled,
      usage: run.spending.usage(),
      cost: run.spending.cost(),
      model: run.lastModel ?? turn.end.model,
      session_id: run.question.sessionId,
    };
  }

  /** The corrected answer; null where none is needed, or none came: then the first one stays, with its claims marked. */
  async *#correct(
    run: Run,
    { text }: ChatTurn,
    claims: readonly Claim[],
  ): AsyncGenerator<QuestionEvent, string | null, undefined> {
    const request = correctionRequest(claims, run.fence);
    if (request === null) return null;
    run.messages.push({ role: "assistant", content: text }, { role: "user", content: request });
    try {
      const corrected = yield* this.#turn(run, BLANK_LINE, () => {});
      requireWhole(corrected);
      return corrected.text;
    } catch (error) {
      if (run.signal.aborted) throw error;
      this.#options.onFailure?.(error, null);
      return null;
    }
  }
}

function startRun(question: Question, signal: AbortSignal): Run {
  const fence = createFence();
  return {
    question,
    signal,
    fence,
    spending: new Spending(question.maxCostUsd),
    messages: [
      { role: "system", content: systemPrompt(question.trackId, fence.marker) },
      ...question.history,
      { role: "user", content: question.text },
    ],
    evidence: [],
    toolsCalled: [],
    text: "",
    lastModel: null,
    malformedRounds: 0,
  };
}

/** The model's turn as it is sent back to it. Servers that parse the arguments of earlier calls fail on what is no JSON. */
function callingMessage({ text, calls }: ChatTurn, outcomes: readonly ToolOutcome[]): ChatMessage {
  const toolCalls = calls.map((call, place) =>
    outcomes[place]?.arguments === null ? { ...call, arguments: "{}" } : call,
  );
  return { role: "assistant", content: text, toolCalls };
}

/** @throws AppError upstream after several rounds in a row with arguments that are no JSON. */
function refuseMalformed(run: Run, { end }: ChatTurn, outcomes: readonly ToolOutcome[]): void {
  const isMalformed = outcomes.some((outcome) => outcome.arguments === null);
  run.malformedRounds = isMalformed ? run.malformedRounds + 1 : 0;
  if (run.malformedRounds < MOST_MALFORMED_ROUNDS) return;
  const message = `${end.model} wrote arguments for tools that are no JSON, ${MOST_MALFORMED_ROUNDS} times in a row. Choose another model.`;
  throw new AppError("upstream", message);
}
