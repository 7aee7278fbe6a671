/** Streams an answer of a language model from any OpenAI-compatible server. */
import type { ChatCompletionChunk, ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import { toAppError } from "../errors.ts";
import type { ChatMessage, ChatPayload, ChatTool, ChatToolCall } from "./chat.ts";
import { answeredError, brokenStream, missingKey, silentServer, unreachable } from "./llm-error.ts";
import type { Model } from "./model.ts";
import { ToolCallMerger } from "./tool-call-merger.ts";
import { reportedUsage, type Usage } from "./usage.ts";

export interface ChatCall {
  readonly model: Model;
  readonly payload: ChatPayload;
  readonly maxOutputTokens: number;
  /** The provider's key; null for servers that ask for none. */
  readonly key: string | null;
  readonly signal: AbortSignal;
  /** Longest silence of the server, before the first piece and between two. */
  readonly silenceMs: number;
}

export type ChatDelta =
  | { readonly type: "text"; readonly text: string }
  /** Once, when all are whole. */
  | { readonly type: "tool_calls"; readonly calls: readonly ChatToolCall[] }
  /** Always the last. `usage` is null when the server does not report it. */
  | { readonly type: "end"; readonly reason: string; readonly usage: Usage | null };

/**
 * The answer as it comes. The caller may stop early; the connection is then closed. Nothing is tried twice here.
 * @throws LlmError for whatever the server does wrong; AppError cancelled after an abort.
 */
export async function* streamChat(call: ChatCall): AsyncGenerator<ChatDelta, void, undefined> {
  const { model, signal } = call;
  if (model.provider.keyVariable !== null && call.key === null) throw missingKey(model);
  // Imported here: it takes some 400 ms, and only a call needs it.
  const { default: OpenAI, APIError, APIConnectionError } = await import("openai");
  const silence = new SilenceTimer(call.silenceMs);
  const isCancelled = () => signal.aborted && !silence.signal.aborted;
  let hasBegun = false;
  try {
    const client = new OpenAI({
      apiKey: call.key ?? "none",
      baseURL: model.provider.baseUrl,
      organization: null,
      project: null,
      maxRetries: 0,
      // It would write to the console, and standard output belongs to the protocol.
      logLevel: "off",
      timeout: call.silenceMs,
    });
    const stream = await client.chat.completions.create(requestBody(call), {
      signal: AbortSignal.any([signal, silence.signal]),
    });
    const answer = new PartialAnswer();
    for await (const chunk of stream) {
      silence.restart();
      hasBegun = true;
      const text = answer.add(chunk);
      if (text !== "") yield { type: "text", text };
    }
    if (signal.aborted) throw signal.reason;
    if (answer.reason === null) throw brokenStream(model, null);
    const calls = answer.toolCalls.calls();
    if (calls.length > 0) yield { type: "tool_calls", calls };
    yield { type: "end", reason: answer.reason, usage: answer.usage };
  } catch (error) {
    if (isCancelled()) throw toAppError(new DOMException("The caller has left.", "AbortError"));
    if (silence.signal.aborted) throw silentServer(model, call.silenceMs / 1000, error);
    if (error instanceof APIConnectionError && !hasBegun) throw unreachable(model, error);
    if (error instanceof APIError && error.status !== undefined) throw answeredError(model, error);
    if (hasBegun && !isAppError(error)) throw brokenStream(model, error);
    throw isAppError(error) ? error : unreachable(model, error);
  } finally {
    silence.stop();
  }
}

/** What of an answer has come so far. */
class PartialAnswer {
  readonly toolCalls = new ToolCallMerger();
  usage: Usage | null = null;
  reason: string | null = null;

  /** Takes a chunk in and gives its text. Usage may come in a chunk of its own, after the reason, without choices. */
  add(chunk: ChatCompletionChunk): string {
    this.usage = reportedUsage(chunk.usage) ?? this.usage;
    const [choice] = chunk.choices ?? [];
    if (choice === undefined) return "";
    this.reason = choice.finish_reason ?? this.reason;
    for (const piece of choice.delta?.tool_calls ?? []) this.toolCalls.add(piece);
    return choice.delta?.content ?? "";
  }
}

/** Aborts its signal when it is not restarted in time. */
class SilenceTimer {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(milliseconds: number) {
    this.#timer = setTimeout(() => this.#controller.abort(), milliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function isAppError(error: unknown): boolean {
  return toAppError(error) === error;
}

function requestBody({ model, payload, maxOutputTokens }: ChatCall): ChatCompletionCreateParamsStreaming {
  const hasTools = payload.tools.length > 0;
  return {
    model: model.name,
    messages: payload.messages.map(wireMessage),
    stream: true,
    stream_options: { include_usage: true },
    [model.provider.outputLimitParameter]: maxOutputTokens,
    ...(hasTools ? { tools: payload.tools.map(wireTool), ...model.parametersWithTools } : {}),
  };
}

function wireMessage(message: ChatMessage): ChatCompletionCreateParamsStreaming["messages"][number] {
  if (message.role === "tool") return { role: "tool", content: message.content, tool_call_id: message.toolCallId };
  if (message.role !== "assistant") return { role: message.role, content: message.content };
  const { content, toolCalls = [] } = message;
  if (toolCalls.length === 0) return { role: "assistant", content };
  return {
    role: "assistant",
    content: content === "" ? null : content,
    tool_calls: toolCalls.map(({ id, ...call }) => ({ id, type: "function" as const, function: call })),
  };
}

function wireTool({ name, description, parameters }: ChatTool) {
  return { type: "function" as const, function: { name, description, parameters: { ...parameters } } };
}
