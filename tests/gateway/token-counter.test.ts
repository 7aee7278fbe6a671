import { expect, test } from "vitest";
import type { ChatPayload } from "../../src/gateway/chat.ts";
import { tokenCounter } from "../../src/gateway/token-counter.ts";
import { jsonServer } from "./json-server.ts";
import { testModel } from "./test-models.ts";

const { signal } = new AbortController();
const options = { askProvider: true, signal };
const count = tokenCounter(async (variable) => (variable === "TEST_KEY" ? "secret" : null));

const payload: ChatPayload = {
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "How loud is it?" },
    { role: "assistant", content: "I measure.", toolCalls: [{ id: "c1", name: "loud", arguments: '{"id":1}' }] },
    { role: "tool", content: "-14 LUFS", toolCallId: "c1" },
  ],
  tools: [{ name: "loud", description: "Measures.", parameters: { type: "object", properties: {} } }],
};

test("a public tokenizer is exact, and tools make the framing uncertain by 5 %", async () => {
  const plain = await count(testModel(), { ...payload, tools: [] }, options);
  expect(plain).toMatchObject({ method: "exact", expectedErrorPercent: 0, whyInexact: null });
  expect(await count(testModel(), payload, options)).toMatchObject({ method: "exact", expectedErrorPercent: 5 });
});

test("Anthropic counts its own form of the same payload", async () => {
  await using server = await jsonServer(() => ({ body: { input_tokens: 321 } }));
  const provider = { baseUrl: `${server.url}/v1`, countEndpoint: "anthropic", keyVariable: "TEST_KEY" } as const;
  const model = testModel({ name: "claude", encoding: null, provider });
  expect(await count(model, payload, options)).toMatchObject({ method: "provider", total: 321, parts: null });
  expect(server.requests).toMatchObject([
    {
      path: "/v1/messages/count_tokens",
      headers: { "x-api-key": "secret", "anthropic-version": "2023-06-01" },
      body: {
        model: "claude",
        system: "Be brief.",
        messages: [
          { role: "user", content: "How loud is it?" },
          {
            role: "assistant",
            content: [
              { type: "text", text: "I measure." },
              { type: "tool_use", id: "c1", name: "loud", input: { id: 1 } },
            ],
          },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "-14 LUFS" }] },
        ],
        tools: [{ name: "loud", input_schema: { type: "object" } }],
      },
    },
  ]);
});

test("Gemini counts its own form of the same payload", async () => {
  await using server = await jsonServer(() => ({ body: { totalTokens: 99 } }));
  const provider = {
    baseUrl: `${server.url}/v1beta/openai`,
    countEndpoint: "gemini",
    keyVariable: "TEST_KEY",
  } as const;
  const model = testModel({ name: "gemini-x", encoding: null, provider });
  expect(await count(model, payload, options)).toMatchObject({ method: "provider", total: 99 });
  expect(server.requests).toMatchObject([
    {
      path: "/v1beta/models/gemini-x:countTokens",
      headers: { "x-goog-api-key": "secret" },
      body: {
        generateContentRequest: {
          model: "models/gemini-x",
          systemInstruction: { parts: [{ text: "Be brief." }] },
          contents: [{ role: "user" }, { role: "model" }, { role: "user" }],
        },
      },
    },
  ]);
});

test("without a key, without an endpoint, unasked or unanswered it is an estimate that says why", async () => {
  await using server = await jsonServer(() => ({ status: 529, body: {} }));
  const asking = { baseUrl: server.url, countEndpoint: "anthropic", keyVariable: "TEST_KEY", tokenFactor: 2 } as const;
  const exact = await count(testModel(), payload, options);
  for (const [provider, asked, why] of [
    [asking, options, /did not answer/],
    [{ ...asking, keyVariable: "OTHER_KEY" }, options, /Set OTHER_KEY/],
    [asking, { ...options, askProvider: false }, /not asked/],
    [{ tokenFactor: 2 }, options, /no endpoint/],
  ] as const) {
    const estimated = await count(testModel({ encoding: null, provider }), payload, asked);
    expect(estimated).toMatchObject({ method: "estimate", whyInexact: expect.stringMatching(why) });
    expect(estimated.expectedErrorPercent).toBe(25);
    expect(estimated.parts?.messages).toBe(2 * (exact.parts?.messages ?? 0));
  }
  expect(server.requests).toHaveLength(1);
});

test("a caller who leaves ends the question to the provider", async () => {
  await using server = await jsonServer(() => ({ body: {} }));
  const provider = { baseUrl: server.url, countEndpoint: "anthropic", keyVariable: "TEST_KEY" } as const;
  const asked = count(testModel({ encoding: null, provider }), payload, {
    askProvider: true,
    signal: AbortSignal.abort(),
  });
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
});
