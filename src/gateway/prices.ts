/** What a usage costs: by the price in models.yaml, else by the price list. Unknown is null with a reason, never 0. */
import type { Usage as PricedUsage, Provider } from "@pydantic/genai-prices";
import { AppError } from "../errors.ts";
import type { Model, PriceTable } from "./model.ts";
import type { Usage } from "./usage.ts";

export interface Cost {
  /** US dollars. */
  readonly usd: number | null;
  readonly inputUsd: number | null;
  readonly outputUsd: number | null;
  /** Where the price is from. */
  readonly source: "server" | "models.yaml" | "genai-prices" | "local" | null;
  readonly whyNull: string | null;
}

/**
 * Prices a usage at a time; the server's own statement of the cost goes before every table.
 * @throws AppError invalid_input when a part of the usage is larger than the whole.
 */
export type PriceUsage = (model: Model, usage: Usage, at: Date) => Cost;

/** Units that a price must name, since the price list would count them as text, or as nothing. */
const OWN_PRICE: readonly (readonly [unit: keyof Usage, price: string, name: string])[] = [
  ["inputAudioTokens", "input_audio_mtok", "audio input"],
  ["outputAudioTokens", "output_audio_mtok", "audio output"],
];

/** Loads the price list, which takes some 50 ms. */
export async function loadPrices(): Promise<PriceUsage> {
  const { calcPrice } = await import("@pydantic/genai-prices");
  // To look a model up among hundreds took ten times as long as to price it.
  const known = new WeakMap<Model, Priced | null>();
  const lookUp = (model: Model): Priced | null => {
    const { priceSource } = model.provider;
    const found = priceSource === null ? null : calcPrice({ input_tokens: 0 }, model.name, { providerId: priceSource });
    return found === null ? null : { source: "genai-prices", name: found.model.id, provider: providerOf(found.model) };
  };
  return (model, usage, at) => {
    checkUsage(usage);
    if (usage.reportedCostUsd !== null) {
      return { usd: usage.reportedCostUsd, inputUsd: null, outputUsd: null, source: "server", whyNull: null };
    }
    if (isFree(model)) return { usd: 0, inputUsd: 0, outputUsd: 0, source: "local", whyNull: null };
    const priced = known.get(model) ?? ownPrice(model) ?? lookUp(model);
    known.set(model, priced);
    if (priced === null) return unknownCost(`Neither models.yaml nor the price list has a price for ${model.id}.`);
    const { provider, name, source } = priced;
    const found = calcPrice(pricedUsage(usage), name, { provider, timestamp: at });
    const missing = found === null ? "this time" : unpriced(usage, found.model_price);
    if (found === null || missing !== null) return unknownCost(`The price of ${model.id} says nothing of ${missing}.`);
    return {
      usd: found.total_price,
      inputUsd: found.input_price,
      outputUsd: found.output_price,
      source,
      whyNull: null,
    };
  };
}

/** A model with its price, as the only one of a provider. */
interface Priced {
  readonly source: "models.yaml" | "genai-prices";
  readonly name: string;
  readonly provider: Provider;
}

function providerOf(model: Provider["models"][number]): Provider {
  const match = { equals: model.id };
  return { id: "one", name: "one", api_pattern: ".*", models: [{ ...model, match }] };
}

/** Whether calls of the model cost nothing. */
function isFree({ price, provider }: Model): boolean {
  return price === "free" || (price === null && provider.priceSource === "free");
}

function checkUsage(usage: Usage): void {
  const { inputTokens, cachedTokens, cacheWriteTokens, inputAudioTokens, outputTokens, outputAudioTokens } = usage;
  const fits =
    cachedTokens + cacheWriteTokens <= inputTokens &&
    inputAudioTokens <= inputTokens &&
    outputAudioTokens <= outputTokens;
  if (fits) return;
  const message =
    "These numbers of tokens cannot be: cached, written and audio tokens are parts of the input or output, so at most as many.";
  throw new AppError("invalid_input", message);
}

function unknownCost(whyNull: string): Cost {
  return { usd: null, inputUsd: null, outputUsd: null, source: null, whyNull };
}

function ownPrice({ name, price }: Model): Priced | null {
  if (price === null || price === "free") return null;
  const model = { id: name, match: { equals: name }, prices: mutable(price) };
  return { source: "models.yaml", name, provider: providerOf(model) };
}

/** The price list's types ask for instances of a class of its own, of which it reads only these fields. */
function mutable(price: PriceTable): Provider["models"][number]["prices"] {
  return structuredClone(price) as Provider["models"][number]["prices"];
}

function pricedUsage(usage: Usage): PricedUsage {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    ...(usage.cachedTokens > 0 ? { cache_read_tokens: usage.cachedTokens } : {}),
    ...(usage.cacheWriteTokens > 0 ? { cache_write_tokens: usage.cacheWriteTokens } : {}),
    ...(usage.inputAudioTokens > 0 ? { input_audio_tokens: usage.inputAudioTokens } : {}),
    ...(usage.outputAudioTokens > 0 ? { output_audio_tokens: usage.outputAudioTokens } : {}),
    ...(usage.audioSeconds > 0 ? { audio_seconds: usage.audioSeconds } : {}),
  };
}

function unpriced(usage: Usage, prices: Readonly<Record<string, unknown>>): string | null {
  const missing = OWN_PRICE.find(([unit, price]) => Number(usage[unit]) > 0 && prices[price] === undefined);
  if (missing !== undefined) return missing[2];
  if (usage.audioSeconds > 0 && prices.audio_hours === undefined && prices.input_audio_hours === undefined) {
    return "seconds of audio";
  }
  const tokens = [usage.inputTokens > 0 ? "input_mtok" : null, usage.outputTokens > 0 ? "output_mtok" : null];
  const unnamed = tokens.find((unit) => unit !== null && prices[unit] === undefined);
  return unnamed === undefined || unnamed === null ? null : unnamed.replace("_mtok", " tokens");
}
