/** One call of one model, paid for: reserved before it, settled on what it used, released when it gave nothing. */
import type { BudgetLimits } from "../storage/ledger-repository.ts";
import type { Storage } from "../storage/storage.ts";
import type { ChatPayload, ChatToolCall } from "./chat.ts";
import { loadEncoder } from "./encoder.ts";
import { type ChatDelta, streamChat } from "./llm-client.ts";
import type { Model } from "./model.ts";
import type { Cost, PriceUsage } from "./prices.ts";
import type { Quote } from "./quote.ts";
import { type Usage, usageOf } from "./usage.ts";

/** A reservation that is not settled for so long counts no more. */
const RESERVATION_MS = 15 * 60_000;

export interface AttemptOptions {
  readonly model: Model;
  readonly payload: ChatPayload;
  readonly maxOutputTokens: number;
  readonly quote: Quote;
  readonly key: string | null;
  readonly signal: AbortSignal;
  readonly silenceMs: number;
  readonly owner: string;
  readonly keyId: string;
  readonly sessionId: string | null;
  readonly tool: string | null;
  readonly routeId: string;
  readonly budgets: BudgetLimits;
  readonly storage: Storage;
  readonly priceUsage: PriceUsage;
}

export interface AttemptResult {
  readonly reason: string;
  readonly usage: Usage;
  /** Whether the server reported the usage; else it was counted. */
  readonly isReported: boolean;
  readonly cost: Cost;
  readonly firstTokenMs: number;
  readonly totalMs: number;
}

type Content = Exclude<ChatDelta, { type: "end" }>;

/**
 * Gives the answer as it comes, and what it took. `onContent` is called before each piece.
 * @throws AppError over_budget before anything is sent; whatever `streamChat` throws.
 */
export async function* chatAttempt(
  options: AttemptOptions,
  onContent: () => void,
): AsyncGenerator<Content, AttemptResult, undefined> {
  const { model, quote, storage, budgets, owner, keyId, sessionId, tool, routeId } = options;
  const id = await storage.ledger.reserve(
    {
      owner,
      keyId,
      sessionId,
      tool,
      routeId,
      model: model.id,
      usd: quote.usd?.high ?? 0,
      expiresAt: new Date(Date.now() + RESERVATION_MS),
    },
    budgets,
  );
  const startedAt = performance.now();
  const received: Content[] = [];
  let firstTokenMs: number | null = null;
  let isSettled = false;
  const settle = async (reported: Usage | null) => {
    isSettled = true;
    const usage = reported ?? (await countedUsage(quote, received));
    const cost = options.priceUsage(model, usage, new Date());
    await storage.ledger.settle(id, {
      costUsd: cost.usd,
      source: reported === null ? `${cost.source}, counted` : cost.source,
      whyNull: cost.whyNull,
      usage: { ...usage },
    });
    return { usage, cost };
  };
  try {
    for await (const delta of streamChat(options)) {
      firstTokenMs ??= performance.now() - startedAt;
      if (delta.type !== "end") {
        received.push(delta);
        onContent();
        yield delta;
        continue;
      }
      const { usage, cost } = await settle(delta.usage);
      const totalMs = performance.now() - startedAt;
      return { reason: delta.reason, usage, isReported: delta.usage !== null, cost, firstTokenMs, totalMs };
    }
    throw new Error("a stream has ended without its end");
  } finally {
    // Failed, or left early: what was received has been generated and will be billed.
    if (!isSettled && received.length > 0) await settle(null);
    else if (!isSettled) await storage.ledger.release(id);
  }
}

/** What was used, by our own count, where the server has not said it. */
async function countedUsage({ inputTokens }: Quote, received: readonly Content[]): Promise<Usage> {
  const count = await loadEncoder("o200k_base");
  const text = received.filter((delta) => delta.type === "text").map((delta) => delta.text);
  const calls: ChatToolCall[] = received.filter((delta) => delta.type === "tool_calls").flatMap((delta) => delta.calls);
  const output = [...text, ...calls.map((call) => `${call.name}${call.arguments}`)].join("");
  const input = Math.round((inputTokens.low + inputTokens.high) / 2);
  return usageOf({ inputTokens: input, outputTokens: count(output) });
}
