/** Public tokenizers. Each is loaded when it is first needed: one takes some hundred milliseconds and 80 MB. */
import type { Encoding } from "./model.ts";

/** The number of tokens of a text. Special tokens (`<|endoftext|>`) count as the text that they are. */
export type CountText = (text: string) => number;

const LOADERS = {
  o200k_base: () => import("gpt-tokenizer/encoding/o200k_base"),
  o200k_harmony: () => import("gpt-tokenizer/encoding/o200k_harmony"),
  cl100k_base: () => import("gpt-tokenizer/encoding/cl100k_base"),
} as const;

/** By default the tokenizer throws on text that holds a special token. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };

/**
 * Letters, signs or spaces in an unbroken run are one piece to the tokenizer, whose time grows with the square of a piece's
 * length: 100,000 times "a" took 5 s. Longer runs are cut, which adds at most one token a cut.
 */
const LONG_RUN = /[\p{L}\p{M}]{1000}|[^\s\p{L}\p{N}]{1000}|\s{1000}/gu;

export async function loadEncoder(encoding: Encoding): Promise<CountText> {
  const { countTokens } = await LOADERS[encoding]();
  return (text) => pieces(text).reduce((sum, piece) => sum + countTokens(piece, AS_TEXT), 0);
}

function pieces(text: string): string[] {
  const cuts = [...text.matchAll(LONG_RUN)].map((match) => match.index + match[0].length);
  return [...cuts, text.length].map((end, index) => text.slice(cuts[index - 1] ?? 0, end));
}
