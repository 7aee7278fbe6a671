/** What a call used, as the server reported it. */
import { z } from "zod";

export interface Usage {
  /** All input: cached, written to the cache, and audio are parts of it. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly inputAudioTokens: number;
  /** All output: reasoning and audio are parts of it. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly outputAudioTokens: number;
  /** Of audio that is billed by its length. */
  readonly audioSeconds: number;
  /** What the server itself says it costs (OpenRouter does); null where it does not say. */
  readonly reportedCostUsd: number | null;
}

const NO_USAGE: Usage = {
  inputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  inputAudioTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  outputAudioTokens: 0,
  audioSeconds: 0,
  reportedCostUsd: null,
};

const tokens = z.number().nonnegative().catch(0).default(0);

const inputDetails = z.object({ cached_tokens: tokens, audio_tokens: tokens });
const outputDetails = z.object({ reasoning_tokens: tokens, audio_tokens: tokens });

/** The `usage` of chat completions. Servers leave out what they do not count. */
const reported = z.object({
  prompt_tokens: z.number().nonnegative(),
  completion_tokens: tokens,
  total_tokens: tokens,
  prompt_tokens_details: inputDetails.nullish().catch(null),
  completion_tokens_details: outputDetails.nullish().catch(null),
  cost: z.number().nonnegative().nullish().catch(null),
});

/** A usage with these parts, and nothing else. */
export function usageOf(parts: Partial<Usage>): Usage {
  return { ...NO_USAGE, ...parts };
}

/**
 * The usage in a chat completion; null when it is not one. Gemini and xAI leave reasoning out of `completion_tokens` but not
 * out of `total_tokens`, and bill it as output, so what the total has more counts as reasoning.
 */
export function reportedUsage(value: unknown): Usage | null {
  const parsed = reported.safeParse(value);
  if (!parsed.success) return null;
  const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details, completion_tokens_details, cost } =
    parsed.data;
  const hidden = Math.max(0, total_tokens - prompt_tokens - completion_tokens);
  return {
    inputTokens: prompt_tokens,
    cachedTokens: Math.min(prompt_tokens, prompt_tokens_details?.cached_tokens ?? 0),
    cacheWriteTokens: 0,
    inputAudioTokens: Math.min(prompt_tokens, prompt_tokens_details?.audio_tokens ?? 0),
    outputTokens: completion_tokens + hidden,
    reasoningTokens: Math.max(hidden, completion_tokens_details?.reasoning_tokens ?? 0),
    outputAudioTokens: Math.min(completion_tokens, completion_tokens_details?.audio_tokens ?? 0),
    audioSeconds: 0,
    reportedCostUsd: cost ?? null,
  };
}
