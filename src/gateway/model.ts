/** What is known of a language model and of who serves it. */

export const TASKS = ["question", "reasoning", "chat", "summary", "extraction"] as const;
export type Task = (typeof TASKS)[number];

export const ENCODINGS = ["o200k_base", "o200k_harmony", "cl100k_base"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** US dollars for a million tokens by unit (`input_mtok`), dearer from a number of input tokens on where there are tiers. */
export type PriceTable = Readonly<Record<string, number | Tiered>>;

interface Tiered {
  readonly base: number;
  readonly tiers: readonly { readonly start: number; readonly price: number }[];
}

export interface ModelProvider {
  readonly name: string;
  readonly baseUrl: string;
  /** The environment variable with the key; null for servers that ask for none. */
  readonly keyVariable: string | null;
  /** Whether it runs on machines of the user's, so that nothing leaves them. */
  readonly isLocal: boolean;
  /** A provider in the price list, `free`, or null where prices are not known. */
  readonly priceSource: string | null;
  /** Tokens of its models for one of o200k_base, and how far off that may be, percent: for estimates. */
  readonly tokenFactor: number;
  readonly tokenErrorPercent: number;
  readonly countEndpoint: "anthropic" | "gemini" | null;
  /** How the server calls the most tokens of an answer. */
  readonly outputLimitParameter: "max_tokens" | "max_completion_tokens";
}

export interface Model {
  /** `<provider>/<name>`, unique. */
  readonly id: string;
  /** As the provider calls it. */
  readonly name: string;
  readonly provider: ModelProvider;
  readonly tools: boolean;
  readonly streaming: boolean;
  /** Whether it hears audio. */
  readonly audio: boolean;
  readonly contextWindowTokens: number;
  /** Null where the provider states none. */
  readonly outputLimitTokens: number | null;
  readonly tasks: readonly Task[];
  /** 1 (small) to 5 (the best of its provider). */
  readonly quality: number;
  /** Null where the tokenizer is not public. */
  readonly encoding: Encoding | null;
  /** Goes before the provider's price source. */
  readonly price: PriceTable | "free" | null;
  /** Further fields of requests that carry tools. */
  readonly parametersWithTools: Readonly<Record<string, unknown>>;
}
