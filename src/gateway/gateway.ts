/** The gateway put together: models, tokens, prices, routes, budgets and chats. */
import type { BudgetLimits } from "../storage/ledger-repository.ts";
import type { Storage } from "../storage/storage.ts";
import { type BudgetState, budgetStates } from "./budget-state.ts";
import { type Chat, chatService } from "./chat-service.ts";
import { type ListLocalModels, localModels } from "./local-models.ts";
import { loadModelRegistry, type ModelRegistry } from "./model-registry.ts";
import { modelRouter, type Route } from "./model-router.ts";
import { loadPrices, type PriceUsage } from "./prices.ts";
import { providerKeys, type ReadKey } from "./provider-keys.ts";
import { type CountTokens, tokenCounter } from "./token-counter.ts";
import { usageOf } from "./usage.ts";

/** Models that reason may send nothing for minutes before the first word. */
const SILENCE_MS = 180_000;
const LOCAL_CALLER = { keyId: "local", sessionId: null };
const BACKOFF_MS = { first: 500, longest: 20_000 };

export interface GatewayOptions {
  readonly modelsFile: string;
  readonly keysFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly budgets: BudgetLimits;
  readonly storage: () => Promise<Storage>;
}

export interface Gateway {
  readonly registry: ModelRegistry;
  readonly budgets: BudgetLimits;
  readonly readKey: ReadKey;
  readonly listLocalModels: ListLocalModels;
  readonly countTokens: CountTokens;
  readonly priceUsage: PriceUsage;
  readonly route: Route;
  readonly chat: Chat;
  readonly usageOf: typeof usageOf;
  /** Of the caller. */
  readonly budgetStates: () => Promise<BudgetState[]>;
  /** Whose budgets count where nobody has signed in: everybody on this machine. */
  readonly caller: { readonly keyId: string; readonly sessionId: null };
  readonly storage: () => Promise<Storage>;
}

/** Reads the model files and the price list; connects to nothing. @throws AppError invalid_input for a wrong models.yaml. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { budgets, storage } = options;
  const [registry, priceUsage] = await Promise.all([loadModelRegistry(options.modelsFile), loadPrices()]);
  const readKey = providerKeys(options.environment, options.keysFile);
  const listLocalModels = localModels(registry.templates);
  const route = modelRouter({ registry, listLocalModels, readKey, priceUsage, budgets, storage });
  return {
    registry,
    budgets,
    readKey,
    listLocalModels,
    countTokens: tokenCounter(readKey),
    priceUsage,
    route,
    usageOf,
    budgetStates: async () => budgetStates(await storage(), budgets, LOCAL_CALLER),
    caller: LOCAL_CALLER,
    chat: chatService({ route, readKey, priceUsage, budgets, storage, silenceMs: SILENCE_MS, backoffMs: BACKOFF_MS }),
    storage,
  };
}
