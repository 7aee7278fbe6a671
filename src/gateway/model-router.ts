/** Chooses a model for a request: hard filters, then a score, then the order in which the others would take over. */
import { AppError } from "../errors.ts";
import type { BudgetLimits } from "../storage/ledger-repository.ts";
import type { Storage } from "../storage/storage.ts";
import { budgetStates } from "./budget-state.ts";
import type { ListLocalModels } from "./local-models.ts";
import type { Model } from "./model.ts";
import type { ModelRegistry } from "./model-registry.ts";
import type { PriceUsage } from "./prices.ts";
import type { ReadKey } from "./provider-keys.ts";
import { modelInputRange, type Quote, quoteCall } from "./quote.ts";
import { type FilterFacts, filterReasons } from "./route-filters.ts";
import type { RouteRequest } from "./route-request.ts";
import {
  DEFAULT_WEIGHTS,
  LOCAL_FIRST_WEIGHT,
  type ScoreInputs,
  type ScoreParts,
  score,
  scoreParts,
  type Weights,
} from "./route-score.ts";
import { usageOf } from "./usage.ts";

/** A model as it was weighed: also the form in which it is stored and answered. */
export interface RouteCandidate {
  readonly model: string;
  /** Why it was not in question; empty for candidates. */
  readonly filtered: readonly string[];
  readonly score: number;
  readonly parts: ScoreParts;
  readonly inputs: ScoreInputs;
}

export interface RouteDecision {
  readonly id: string;
  /** The best first, the others in the order in which they take over. */
  readonly chain: readonly Model[];
  /** The best first, then those that were filtered out. */
  readonly candidates: readonly RouteCandidate[];
  readonly quotes: ReadonlyMap<string, Quote>;
  readonly weights: Weights;
}

export interface RouterOptions {
  readonly registry: ModelRegistry;
  readonly listLocalModels: ListLocalModels;
  readonly readKey: ReadKey;
  readonly priceUsage: PriceUsage;
  readonly budgets: BudgetLimits;
  readonly storage: () => Promise<Storage>;
}

/**
 * Decides and stores the decision.
 * @throws AppError when no model is left, after storing why: over_budget when only money is missing, else unavailable;
 *   not_found for a named model that does not exist.
 */
export type Route = (request: RouteRequest) => Promise<RouteDecision>;

export function modelRouter(options: RouterOptions): Route {
  return async (request) => {
    const storage = await options.storage();
    const models = await modelsFor(request, options);
    const [health, leftUsd, keys] = await Promise.all([
      storage.modelHealth.all(),
      leastLeft(storage, options.budgets, request),
      keysOf(models, options.readKey),
    ]);
    const weights = weightsOf(request);
    const now = new Date();
    const quotes = new Map<string, Quote>();
    const weighed = models.map((model) => {
      const inputTokens = modelInputRange(model, request.inputTokens, request.needs.includes("tools"));
      const quote = quoteCall(options.priceUsage, model, inputTokens, request.outputTokens, now);
      quotes.set(model.id, quote);
      const facts = {
        quote,
        leftUsd,
        now,
        health: health.get(model.id),
        hasKey: keys.get(model.provider.keyVariable) ?? false,
      };
      const inputs = scoreInputs(model, request, facts, options.priceUsage);
      const parts = scoreParts(inputs);
      const filtered = filterReasons(model, request, facts);
      return { model: model.id, filtered, score: score(parts, weights), parts, inputs };
    });
    const candidates = weighed.sort(bestFirst);
    const chain = candidates.filter(isEligible).flatMap(({ model }) => models.filter(({ id }) => id === model));
    const id = await storage.routes.store({
      owner: request.owner,
      request: { ...request, weights },
      candidates: candidates.map((candidate) => ({ ...candidate })),
      chosen: chain[0]?.id ?? null,
    });
    if (chain.length === 0) throw noneLeft(id, request, candidates);
    return { id, chain, candidates, quotes, weights };
  };
}

async function modelsFor({ model }: RouteRequest, { registry, listLocalModels }: RouterOptions): Promise<Model[]> {
  return model === null ? [...registry.models, ...(await listLocalModels())] : [registry.find(model)];
}

/** Of each variable that the models name, whether it holds a key. */
async function keysOf(models: readonly Model[], readKey: ReadKey): Promise<ReadonlyMap<string | null, boolean>> {
  const variables = [...new Set(models.map(({ provider }) => provider.keyVariable))];
  const isSet = async (variable: string | null) => variable === null || (await readKey(variable)) !== null;
  return new Map(await Promise.all(variables.map(async (variable) => [variable, await isSet(variable)] as const)));
}

function scoreInputs(model: Model, request: RouteRequest, facts: FilterFacts, priceUsage: PriceUsage): ScoreInputs {
  const { low, high } = facts.quote.inputTokens;
  const usage = usageOf({ inputTokens: Math.round((low + high) / 2), outputTokens: request.outputTokens.low });
  return {
    expected_usd: priceUsage(model, usage, facts.now).usd,
    first_token_ms: facts.health?.firstTokenMs ?? null,
    total_ms: facts.health?.totalMs ?? null,
    failure_share: facts.health?.failureShare ?? 0,
    quality: model.quality,
    fits_task: model.tasks.includes(request.task),
    is_local: model.provider.isLocal,
  };
}

function weightsOf({ weights, localFirst }: RouteRequest): Weights {
  return { ...DEFAULT_WEIGHTS, ...(localFirst ? { local: LOCAL_FIRST_WEIGHT } : {}), ...weights };
}

/** Eligible ones first, then those that lack least, each by score; the name decides between equals, so that choices repeat. */
function bestFirst(a: RouteCandidate, b: RouteCandidate): number {
  return a.filtered.length - b.filtered.length || b.score - a.score || a.model.localeCompare(b.model);
}

function isEligible({ filtered }: RouteCandidate): boolean {
  return filtered.length === 0;
}

async function leastLeft(storage: Storage, budgets: BudgetLimits, request: RouteRequest): Promise<number | null> {
  const states = await budgetStates(storage, budgets, request);
  return states.length === 0 ? null : Math.min(...states.map(({ leftUsd }) => leftUsd));
}

/** What is told of the models that come closest; of the others the stored decision says more. */
const TOLD_MODELS = 3;
const NO_KEY = /^no key: set (\w+)$/;

function noneLeft(id: string, { model }: RouteRequest, candidates: readonly RouteCandidate[]): AppError {
  const isMoney = (reason: string) => reason.startsWith("budget:") || reason.startsWith("cost:");
  const message = model === null ? noneOfAll(id, candidates) : noneOfOne(id, model, candidates);
  const isOnlyMoney = candidates.some(({ filtered }) => filtered.length > 0 && filtered.every(isMoney));
  return new AppError(isOnlyMoney ? "over_budget" : "unavailable", message);
}

function noneOfOne(id: string, model: string, candidates: readonly RouteCandidate[]): string {
  const reasons = candidates.flatMap(({ filtered }) => filtered).join("; ");
  return `${model} cannot take this request (${id}): ${reasons}. Mend that, choose another model, or ask for less.`;
}

function noneOfAll(id: string, candidates: readonly RouteCandidate[]): string {
  const isKeyless = ({ filtered }: RouteCandidate) => filtered.some((reason) => NO_KEY.test(reason));
  const usable = candidates.filter((candidate) => !isKeyless(candidate));
  const reasons = candidates.flatMap(({ filtered }) => filtered);
  const keys = [...new Set(reasons.flatMap((reason) => NO_KEY.exec(reason)?.[1] ?? []))].sort();
  const set = keys.length === 0 ? "" : `set one of ${keys.join(", ")}, or `;
  const next = `${set}start a local server (Ollama, LM Studio, vLLM, MLX)`;
  if (usable.length === 0) return `No language model is set up: ${next}. Measuring works without one (${id}).`;
  return `No language model can take this request (${id}). ${whyNot(usable)} Ask for less, ${next}.`;
}

function whyNot(candidates: readonly RouteCandidate[]): string {
  const told = candidates.slice(0, TOLD_MODELS).map(({ model, filtered }) => `${model}: ${filtered.join("; ")}.`);
  const left = candidates.length - told.length;
  return [...told, ...(left === 0 ? [] : [`So with ${left} more.`])].join(" ");
}
