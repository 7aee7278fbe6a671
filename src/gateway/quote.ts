/** What a call will cost, said before it: the input as it was counted, the output as a range. */
import type { Model } from "./model.ts";
import type { PriceUsage } from "./prices.ts";
import { TOOLS_ERROR_PERCENT } from "./token-counter.ts";
import { usageOf } from "./usage.ts";

export interface Range {
  readonly low: number;
  readonly high: number;
}

export interface Quote {
  readonly inputTokens: Range;
  readonly outputTokens: Range;
  /** US dollars; null when the price is not known. */
  readonly usd: Range | null;
  readonly whyNull: string | null;
}

/** Input tokens as they may turn out to be, for a count with an expected error. */
export function inputRange(total: number, expectedErrorPercent: number): Range {
  const error = expectedErrorPercent / 100;
  return { low: Math.floor(total * (1 - error)), high: Math.ceil(total * (1 + error)) };
}

/** The input tokens of a model for a number of o200k_base, framed with tools or without. */
export function modelInputRange({ encoding, provider }: Model, o200kTokens: number, hasTools: boolean): Range {
  if (encoding !== null) return inputRange(o200kTokens, hasTools ? TOOLS_ERROR_PERCENT : 0);
  return inputRange(o200kTokens * provider.tokenFactor, provider.tokenErrorPercent);
}

/** Prices both ends. No discount for cached input is assumed. */
export function quoteCall(
  priceUsage: PriceUsage,
  model: Model,
  inputTokens: Range,
  outputTokens: Range,
  at: Date,
): Quote {
  const low = priceUsage(model, usageOf({ inputTokens: inputTokens.low, outputTokens: outputTokens.low }), at);
  const high = priceUsage(model, usageOf({ inputTokens: inputTokens.high, outputTokens: outputTokens.high }), at);
  if (low.usd === null || high.usd === null) {
    return { inputTokens, outputTokens, usd: null, whyNull: high.whyNull ?? low.whyNull };
  }
  return { inputTokens, outputTokens, usd: { low: low.usd, high: high.usd }, whyNull: null };
}
