/** How many tokens a payload has for a model, by the best method that there is, and how far off the number may be. */
import type { ChatPayload } from "./chat.ts";
import { type ChatTokens, chatTokens } from "./chat-tokens.ts";
import { COUNT_ENDPOINTS } from "./count-endpoints.ts";
import { loadEncoder } from "./encoder.ts";
import type { Model } from "./model.ts";
import type { ReadKey } from "./provider-keys.ts";

/** Of tools framed as documented, against counts of OpenAI's API: docs/adding-a-provider.md. */
export const TOOLS_ERROR_PERCENT = 5;
/** Providers call their own counts estimates that may differ by a small amount. */
const PROVIDER_ERROR_PERCENT = 2;

export interface TokenCount {
  /** exact: the model's own tokenizer; provider: its count endpoint; estimate: another tokenizer, scaled. */
  readonly method: "exact" | "provider" | "estimate";
  readonly expectedErrorPercent: number;
  readonly total: number;
  /** Null when the provider counted, who tells only the total. */
  readonly parts: ChatTokens | null;
  /** Why it is not exact; null when it is. */
  readonly whyInexact: string | null;
}

export interface CountOptions {
  /** Whether the payload may be sent to the provider for counting. */
  readonly askProvider: boolean;
  readonly signal: AbortSignal;
}

export type CountTokens = (model: Model, payload: ChatPayload, options: CountOptions) => Promise<TokenCount>;

/** A counter. It never fails for a provider's sake: where the endpoint does not answer, it estimates and says so. */
export function tokenCounter(readKey: ReadKey): CountTokens {
  return async (model, payload, { askProvider, signal }) => {
    if (model.encoding !== null) return exactCount(payload, model.encoding);
    const asked = askProvider ? await askCountEndpoint(model, payload, readKey, signal) : "It was not asked to count.";
    if (typeof asked !== "number") return estimate(model, payload, asked);
    const whyInexact = "The provider calls its own count an estimate.";
    return { method: "provider", expectedErrorPercent: PROVIDER_ERROR_PERCENT, total: asked, parts: null, whyInexact };
  };
}

async function exactCount(payload: ChatPayload, encoding: NonNullable<Model["encoding"]>): Promise<TokenCount> {
  const parts = chatTokens(payload, await loadEncoder(encoding));
  const hasTools = payload.tools.length > 0;
  return {
    method: "exact",
    expectedErrorPercent: hasTools ? TOOLS_ERROR_PERCENT : 0,
    total: totalOf(parts),
    parts,
    whyInexact: hasTools ? "The text is exact; how the provider frames tools is known from measurements." : null,
  };
}

async function estimate(model: Model, payload: ChatPayload, why: string): Promise<TokenCount> {
  const { tokenFactor, tokenErrorPercent } = model.provider;
  const plain = chatTokens(payload, await loadEncoder("o200k_base"));
  const scale = (tokens: number) => Math.round(tokens * tokenFactor);
  const parts = {
    system: scale(plain.system),
    messages: scale(plain.messages),
    tools: scale(plain.tools),
    framing: plain.framing,
  };
  const whyInexact = `The tokenizer of ${model.id} is not public. ${why}`;
  return { method: "estimate", expectedErrorPercent: tokenErrorPercent, total: totalOf(parts), parts, whyInexact };
}

/** The count, or why there is none. */
async function askCountEndpoint(
  model: Model,
  payload: ChatPayload,
  readKey: ReadKey,
  signal: AbortSignal,
): Promise<number | string> {
  const { countEndpoint, keyVariable, name } = model.provider;
  if (countEndpoint === null) return `${name} has no endpoint that counts.`;
  const key = keyVariable === null ? null : await readKey(keyVariable);
  if (key === null) return `Set ${keyVariable} to let ${name} count.`;
  try {
    return await COUNT_ENDPOINTS[countEndpoint](model, payload, key, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return `The endpoint of ${name} that counts did not answer.`;
  }
}

function totalOf({ system, messages, tools, framing }: ChatTokens): number {
  return system + messages + tools + framing;
}
