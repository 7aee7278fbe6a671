/** The gateway put together: models, tokens, prices, routes, budgets and chats. */
import { type Caller, LOCAL_CALLER } from "../caller.ts";
import type { BudgetLimits, NamedTotal, Total, TotalsBy } from "../storage/ledger-repository.ts";
import type { ModelHealth } from "../storage/model-health-repository.ts";
import type { StoredRouteDecision } from "../storage/route-repository.ts";
import type { Storage } from "../storage/storage.ts";
import { type BudgetState, budgetStates, type GatewayCaller } from "./budget-state.ts";
import { type Chat, chatService } from "./chat-service.ts";
import { ChatsUnderWay } from "./chats-under-way.ts";
import { type ListLocalModels, localModels } from "./local-models.ts";
import { loadModelRegistry, type ModelRegistry } from "./model-registry.ts";
import { modelRouter, type Route } from "./model-router.ts";
import { loadPrices, type PriceUsage } from "./prices.ts";
import { providerKeys, type ReadKey } from "./provider-keys.ts";
import { type CountTokens, tokenCounter } from "./token-counter.ts";
import { usageOf } from "./usage.ts";

/** Models that reason may send nothing for minutes before the first word. */
const SILENCE_MS = 180_000;
const BACKOFF_MS = { first: 500, longest: 20_000 };

export interface GatewayOptions {
  readonly modelsFile: string;
  readonly keysFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly budgets: BudgetLimits;
  readonly storage: () => Promise<Storage>;
}

/** The gateway as one caller has it: routes, costs and budgets are the caller's own. */
export interface Gateway {
  readonly registry: ModelRegistry;
  readonly budgets: BudgetLimits;
  readonly readKey: ReadKey;
  readonly listLocalModels: ListLocalModels;
  readonly countTokens: CountTokens;
  readonly priceUsage: PriceUsage;
  readonly usageOf: typeof usageOf;
  /** Owner and key of a request are the caller's, whatever it says. */
  readonly route: Route;
  readonly chat: Chat;
  readonly caller: GatewayCaller;
  /** What is left of each budget; that of the day, which all callers share, only for the user of this machine. */
  readonly budgetStates: () => Promise<BudgetState[]>;
  /** Sums of the caller's calls since a time; null for all. */
  readonly total: (since: Date | null) => Promise<Total>;
  readonly totals: (by: TotalsBy, since: Date | null, limit: number) => Promise<NamedTotal[]>;
  readonly findRoute: (id: string) => Promise<StoredRouteDecision | null>;
  /** The caller's decisions since a time, newest first. */
  readonly listRoutes: (since: Date | null, limit: number) => Promise<StoredRouteDecision[]>;
  readonly modelHealth: () => Promise<ReadonlyMap<string, ModelHealth>>;
}

/** The gateway of the user of this machine, and the way to that of other callers. */
export interface SharedGateway extends Gateway {
  for(caller: Caller): Gateway;
  /** Resolves when no chat is under way: each has booked, or given back, what was reserved for it. */
  settled(): Promise<void>;
}

/** Reads the model files and the price list; connects to nothing. @throws AppError invalid_input for a wrong models.yaml. */
export async function openGateway(options: GatewayOptions): Promise<SharedGateway> {
  const { budgets, storage } = options;
  const [registry, priceUsage] = await Promise.all([loadModelRegistry(options.modelsFile), loadPrices()]);
  const readKey = providerKeys(options.environment, options.keysFile);
  const listLocalModels = localModels(registry.templates);
  const route = modelRouter({ registry, listLocalModels, readKey, priceUsage, budgets, storage });
  const chat = chatService({
    route,
    readKey,
    priceUsage,
    budgets,
    storage,
    silenceMs: SILENCE_MS,
    backoffMs: BACKOFF_MS,
  });
  const underWay = new ChatsUnderWay();
  const countTokens = tokenCounter(readKey);
  const shared = { registry, budgets, readKey, listLocalModels, countTokens, priceUsage, usageOf };
  const gatewayFor = ({ owner, keyId }: Caller): Gateway => {
    const caller = { owner, keyId, sessionId: null };
    const { day: _, ...ownBudgets } = budgets;
    const shownBudgets = owner === LOCAL_CALLER.owner ? budgets : ownBudgets;
    return {
      ...shared,
      caller,
      route: (request) => route({ ...request, owner, keyId }),
      chat: (request) => underWay.track(chat({ ...request, owner, keyId })),
      budgetStates: async () => budgetStates(await storage(), shownBudgets, caller),
      total: async (since) => (await storage()).ledger.total(owner, since),
      totals: async (by, since, limit) => (await storage()).ledger.totals(owner, by, since, limit),
      findRoute: async (id) => (await storage()).routes.find(owner, id),
      listRoutes: async (since, limit) => (await storage()).routes.list(owner, since, limit),
      modelHealth: async () => (await storage()).modelHealth.all(),
    };
  };
  return { ...gatewayFor(LOCAL_CALLER), for: gatewayFor, settled: () => underWay.settled() };
}
