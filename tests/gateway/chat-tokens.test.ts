import { readFileSync } from "node:fs";
import { functionCallingTestCases } from "gpt-tokenizer/fixtures/functionCallingTestCases";
import { get_encoding } from "tiktoken";
import { describe, expect, test } from "vitest";
import { AGENTS } from "../../src/agents/registry.ts";
import type { ChatPayload, ChatTool } from "../../src/gateway/chat.ts";
import { chatTokens } from "../../src/gateway/chat-tokens.ts";
import { loadEncoder } from "../../src/gateway/encoder.ts";
import { ENCODINGS } from "../../src/gateway/model.ts";
import { toolSignatures } from "../../src/gateway/tool-signatures.ts";
import { openAiFunction } from "../../src/tools/projections.ts";
import { createTools } from "../../src/tools/registry.ts";
import { REFERENCE_PAYLOADS } from "./reference-payloads.ts";

const harkTools = createTools(AGENTS).map(chatTool);

function chatTool(tool: Parameters<typeof openAiFunction>[0]): ChatTool {
  const { function: definition } = openAiFunction(tool) as { function: ChatTool };
  return definition;
}

const ANALYSIS_JSON = readFileSync("tests/golden/agents/rhythm.json", "utf8");

/** Texts as they stand in chats about recordings. */
const TEXTS = [
  "",
  "What is the tempo, and does the second chorus get louder?",
  "¿Cuál es el tempo de la canción? ¿Y la tonalidad?",
  "この曲のテンポはいくつですか。",
  "🎧🎚️ −14 LUFS, 1.5 dBTP ≈ good",
  "<|endoftext|> and <|im_start|>system<|im_sep|> are only words here",
  "<|start|>assistant<|channel|>final<|message|>-14 LUFS<|return|>",
  "a\ud800b",
  "   \n\n\t  indented\r\n",
  ANALYSIS_JSON.slice(0, 20_000),
  toolSignatures(harkTools),
  JSON.stringify(harkTools),
];

describe.each([
  { encoding: "o200k_base", same: "o200k_base" },
  { encoding: "cl100k_base", same: "cl100k_base" },
  // It has other special tokens, which texts cannot use; the reference knows only o200k_base.
  { encoding: "o200k_harmony", same: "o200k_base" },
] as const)("in $encoding", ({ encoding, same }) => {
  test("every text has as many tokens as the reference tokenizer gives it, special tokens in the text too", async () => {
    const count = await loadEncoder(encoding);
    const reference = get_encoding(same);
    expect(TEXTS.length).toBeGreaterThan(0);
    for (const text of TEXTS) {
      expect(count(text), text.slice(0, 60)).toBe(reference.encode(text.toWellFormed(), [], []).length);
    }
    reference.free();
  });
});

describe.each(["o200k_base", "cl100k_base"] as const)("in %s", (encoding) => {
  test("payloads have the tokens that OpenAI's API reported", async () => {
    const count = await loadEncoder(encoding);
    expect(REFERENCE_PAYLOADS.length).toBeGreaterThan(0);
    for (const { name, tokens, ...payload } of REFERENCE_PAYLOADS) {
      expect(total(payload, count), name).toBe(tokens[encoding]);
    }
  });
});

test("payloads with tools are within 5 % of the counts that the tokenizer's authors keep", async () => {
  const count = await loadEncoder("o200k_base");
  const withTools = functionCallingTestCases.filter(({ functions, function_call }) => functions && !function_call);
  expect(withTools.length).toBeGreaterThan(8);
  for (const { messages, functions = [], tokens } of withTools) {
    const payload: ChatPayload = {
      messages: messages.map(({ role, content }) => ({ role: role as "system" | "user", content: content ?? "" })),
      tools: functions.map(({ name, description = "", parameters = {} }) => ({
        name,
        description,
        parameters: { ...parameters },
      })),
    };
    expect(Math.abs(total(payload, count) / tokens - 1), JSON.stringify(functions)).toBeLessThanOrEqual(0.05);
  }
});

test("a long run of one letter is counted fast, and closely", async () => {
  const count = await loadEncoder("o200k_base");
  expect(Math.abs(count("a".repeat(20_000)) / 2500 - 1)).toBeLessThan(0.02);
  expect(count("a".repeat(5_000_000))).toBeGreaterThan(600_000);
});

test("the parts of a payload add up, and each grows with what it is made of", async () => {
  const count = await loadEncoder("o200k_base");
  const empty = chatTokens({ messages: [], tools: [] }, count);
  expect(empty).toEqual({ system: 0, messages: 0, tools: 0, framing: 3 });
  const full = chatTokens(
    {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "How loud?" },
        { role: "assistant", content: "", toolCalls: [{ id: "1", name: "analyse_loudness", arguments: "{}" }] },
        { role: "tool", content: '{"integrated_lufs":-14}', toolCallId: "1" },
      ],
      tools: harkTools,
    },
    count,
  );
  expect(full.system).toBe(count("Be brief.\n"));
  expect(full.messages).toBe(
    count("How loud?") + count("analyse_loudness") + count("{}") + 3 + count('{"integrated_lufs":-14}'),
  );
  expect(full.tools).toBe(count(toolSignatures(harkTools)));
});

test("all encodings load", async () => {
  for (const encoding of ENCODINGS) expect((await loadEncoder(encoding))("hello world"), encoding).toBe(2);
});

function total(payload: ChatPayload, count: (text: string) => number): number {
  const { system, messages, tools, framing } = chatTokens(payload, count);
  return system + messages + tools + framing;
}
