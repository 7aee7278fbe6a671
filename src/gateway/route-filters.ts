/** What a model must have to be a candidate at all. Each filter gives a reason, or nothing. */
import type { ModelHealth } from "../storage/model-health-repository.ts";
import type { Model } from "./model.ts";
import type { Quote } from "./quote.ts";
import type { RouteRequest } from "./route-request.ts";

export interface FilterFacts {
  readonly health: ModelHealth | undefined;
  readonly quote: Quote;
  /** Whether a key is there, or none is needed. */
  readonly hasKey: boolean;
  /** Of the budgets that count for the request, the least that is left, US dollars; null without a budget. */
  readonly leftUsd: number | null;
  readonly now: Date;
}

/** Why the model cannot take the request; empty when it can. */
export function filterReasons(model: Model, request: RouteRequest, facts: FilterFacts): string[] {
  return [
    ...missingCapabilities(model, request),
    ...tooLong(model, request, facts.quote.inputTokens.high),
    request.localOnly && !model.provider.isLocal ? "not local" : null,
    facts.hasKey ? null : `no key: set ${model.provider.keyVariable}`,
    ...tooDear(request, facts),
    isOpen(facts) ? `failing: left alone until ${facts.health?.openUntil?.toISOString()}` : null,
  ].filter((reason) => reason !== null);
}

function missingCapabilities(model: Model, { needs }: RouteRequest): (string | null)[] {
  return (["tools", "streaming", "audio"] as const).map((capability) =>
    needs.includes(capability) && !model[capability] ? `no ${capability}` : null,
  );
}

function tooLong({ contextWindowTokens, outputLimitTokens }: Model, request: RouteRequest, inputTokens: number) {
  const needed = inputTokens + request.outputTokens.high;
  const isTooLong = needed > contextWindowTokens;
  const answersTooLong = outputLimitTokens !== null && request.outputTokens.high > outputLimitTokens;
  return [
    isTooLong ? `context: needs ${needed} of ${contextWindowTokens} tokens` : null,
    answersTooLong ? `answer: needs ${request.outputTokens.high} of ${outputLimitTokens} tokens` : null,
  ];
}

function tooDear({ maxCostUsd }: RouteRequest, { quote, leftUsd }: FilterFacts): (string | null)[] {
  if (quote.usd === null) return [maxCostUsd === null && leftUsd === null ? null : "budget: the price is not known"];
  return [
    maxCostUsd !== null && quote.usd.high > maxCostUsd ? `cost: up to $${quote.usd.high.toPrecision(3)}` : null,
    leftUsd !== null && quote.usd.high > leftUsd ? `budget: $${leftUsd.toPrecision(3)} left` : null,
  ];
}

function isOpen({ health, now }: FilterFacts): boolean {
  return health?.openUntil !== null && health?.openUntil !== undefined && health.openUntil > now;
}
