import { describe, expect, test } from "vitest";
import type { ChatPayload } from "../../src/gateway/chat.ts";
import { type ChatCall, type ChatDelta, streamChat } from "../../src/gateway/llm-client.ts";
import { type Answer, callPiece, chunk, llmServer, textAnswer, usageChunk } from "../fixtures/llm-server.ts";
import { testModel } from "./test-models.ts";

const PAYLOAD: ChatPayload = {
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "How loud?" },
    { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "loud", arguments: "{}" }] },
    { role: "tool", content: "-14", toolCallId: "c1" },
  ],
  tools: [{ name: "loud", description: "Measures.", parameters: { type: "object", properties: {} } }],
};

function callOf(url: string, values: Partial<ChatCall> = {}): ChatCall {
  return {
    model: testModel({ provider: { baseUrl: url } }),
    payload: PAYLOAD,
    maxOutputTokens: 100,
    key: null,
    signal: new AbortController().signal,
    silenceMs: 5000,
    ...values,
  };
}

async function collect(deltas: AsyncIterable<ChatDelta>): Promise<ChatDelta[]> {
  const all: ChatDelta[] = [];
  for await (const delta of deltas) all.push(delta);
  return all;
}

async function answerTo(answer: Answer, values: Partial<ChatCall> = {}): Promise<ChatDelta[]> {
  await using server = await llmServer([answer]);
  // Awaited here: the server ends with this function.
  return await collect(streamChat(callOf(server.url, values)));
}

test("streams text as it comes and ends with the reason and the usage", async () => {
  const deltas = await answerTo(textAnswer(["It ", "is ", "−14 LUFS."], [120, 7]));
  expect(deltas.slice(0, 3)).toEqual(["It ", "is ", "−14 LUFS."].map((text) => ({ type: "text", text })));
  expect(deltas.at(-1)).toMatchObject({ type: "end", reason: "stop", usage: { inputTokens: 120, outputTokens: 7 } });
  expect(deltas).toHaveLength(4);
});

test("the first word is there before the server has finished", async () => {
  await using server = await llmServer([
    { stream: [chunk({ content: "first" }), { waitMs: 60_000 }, chunk({}, "stop")] },
  ]);
  const deltas = streamChat(callOf(server.url));
  expect((await deltas.next()).value).toEqual({ type: "text", text: "first" });
  await deltas.return();
  await expect.poll(server.abandoned).toBe(1);
});

test("sends messages, tools, the output limit by its name, and what the model needs with tools", async () => {
  await using server = await llmServer([textAnswer(["ok"])]);
  const model = testModel({
    name: "gpt-x",
    parametersWithTools: { reasoning_effort: "none" },
    provider: { baseUrl: server.url, keyVariable: "TEST_KEY", outputLimitParameter: "max_completion_tokens" },
  });
  await collect(streamChat(callOf(server.url, { model, key: "sk-1" })));
  await collect(streamChat(callOf(server.url, { model, key: "sk-1", payload: { ...PAYLOAD, tools: [] } })));
  expect(server.requests).toMatchObject([
    {
      headers: { authorization: "Bearer sk-1" },
      body: {
        model: "gpt-x",
        stream: true,
        stream_options: { include_usage: true },
        max_completion_tokens: 100,
        reasoning_effort: "none",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "How loud?" },
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "c1", type: "function", function: { name: "loud", arguments: "{}" } }],
          },
          { role: "tool", content: "-14", tool_call_id: "c1" },
        ],
        tools: [{ type: "function", function: { name: "loud", parameters: { type: "object" } } }],
      },
    },
    { body: { model: "gpt-x" } },
  ]);
  expect(server.requests[1]?.body).not.toHaveProperty("tools");
  expect(server.requests[1]?.body).not.toHaveProperty("reasoning_effort");
});

describe("tool calls", () => {
  const first = { id: "a", name: "loud", arguments: '{"id":1}' };
  const second = { id: "b", name: "fast", arguments: '{"id":2}' };
  const callsOf = async (stream: Extract<Answer, { stream: unknown }>["stream"]) =>
    (await answerTo({ stream })).filter((delta) => delta.type === "tool_calls");

  test("split over pieces and mixed with each other are put together", async () => {
    const calls = await callsOf([
      chunk({ role: "assistant", content: null, ...callPiece(0, { id: "a", name: "loud", arguments: "" }) }),
      chunk(callPiece(1, { id: "b", name: "fast", arguments: '{"i' })),
      chunk(callPiece(0, { arguments: '{"id"' })),
      chunk(callPiece(1, { arguments: 'd":2}' })),
      chunk(callPiece(0, { arguments: ":1}" })),
      chunk({}, "tool_calls"),
      usageChunk(5, 5),
    ]);
    expect(calls).toEqual([{ type: "tool_calls", calls: [first, second] }]);
  });

  test.each<[string, ReturnType<typeof chunk>[]]>([
    ["two whole ones under one index", [chunk(callPiece(0, first)), chunk(callPiece(0, second))]],
    [
      "two in one chunk without an index",
      [
        chunk({
          tool_calls: [first, second].map(({ id, ...call }) => ({ id, type: "function", function: call })),
        }),
      ],
    ],
    [
      "arguments as an object",
      [
        chunk({
          tool_calls: [
            { index: 0, id: "a", function: { name: "loud", arguments: { id: 1 } } },
            { index: 1, id: "b", function: { name: "fast", arguments: { id: 2 } } },
          ],
        }),
      ],
    ],
  ])("%s", async (_name, stream) => {
    expect(await callsOf([...stream, chunk({}, "stop")])).toEqual([{ type: "tool_calls", calls: [first, second] }]);
  });

  test("without an id, or without arguments, are completed", async () => {
    const calls = await callsOf([
      chunk({ tool_calls: [{ function: { name: "loud" } }, { function: { name: "fast", arguments: null } }] }),
      chunk({}, "tool_calls"),
    ]);
    expect(calls).toMatchObject([
      {
        calls: [
          { id: "call_0", name: "loud", arguments: "{}" },
          { id: "call_1", name: "fast", arguments: "{}" },
        ],
      },
    ]);
  });
});

describe("loose servers", () => {
  test("no role, no ids, usage in the last chunk, comments between, null choices", async () => {
    const deltas = await answerTo({
      stream: [
        { raw: ": keep-alive\n\n" },
        { chunk: { choices: [{ delta: { content: "Hi" } }] } },
        { chunk: { choices: null } },
        { chunk: { choices: [{ delta: null, finish_reason: null }] } },
        { chunk: { choices: [{ delta: { content: "!" }, finish_reason: "stop" }], usage: { prompt_tokens: 3 } } },
      ],
    });
    expect(deltas).toMatchObject([
      { text: "Hi" },
      { text: "!" },
      { type: "end", usage: { inputTokens: 3, outputTokens: 0 } },
    ]);
  });

  test("without any usage it is null, not zero", async () => {
    expect(await answerTo({ stream: [chunk({ content: "Hi" }), chunk({}, "stop")] })).toMatchObject([
      { text: "Hi" },
      { type: "end", usage: null },
    ]);
  });
});

describe("failures", () => {
  test.each<[string, Answer, object]>([
    ["a refused key", { status: 401 }, { kind: "unauthorised", isRetryable: false }],
    ["an unknown model", { status: 404 }, { kind: "not_found", isRetryable: false }],
    [
      "too many requests",
      { status: 429, headers: { "retry-after": "7" } },
      { kind: "rate_limited", isRetryable: true, retryAfterMs: 7000, message: expect.stringContaining("Wait 7 s") },
    ],
    [
      "no credit",
      { status: 429, body: { error: { message: "You exceeded your quota", code: "insufficient_quota" } } },
      { kind: "unavailable", isRetryable: false, message: expect.stringContaining("credit") },
    ],
    ["a failing server", { status: 500 }, { kind: "upstream", isRetryable: true, isRequestsFault: false }],
    [
      "a chat that is too long",
      { status: 400, body: { error: { message: "maximum context length is 8192 tokens" } } },
      { kind: "invalid_input", isRequestsFault: true, message: expect.stringContaining("too long") },
    ],
    [
      "a model without tool calling",
      { status: 400, body: { error: { message: "registry.ollama.ai/gemma does not support tools" } } },
      { kind: "unavailable", message: expect.stringContaining("tools: false") },
    ],
    ["a stream that is cut", { stream: [chunk({ content: "It" }), "cut"] }, { kind: "upstream", isRetryable: true }],
    ["a stream that just ends", { stream: [chunk({ content: "It" })] }, { kind: "upstream", isRetryable: true }],
    [
      "a stream that is not JSON",
      { stream: [{ raw: "data: {oops\n\n" }] },
      { kind: expect.stringMatching(/upstream|unavailable/) },
    ],
    [
      "an error inside of the stream",
      { stream: [chunk({ content: "It" }), { chunk: { error: { message: "overloaded secret" } } }] },
      { kind: "upstream" },
    ],
  ])("%s", async (_name, answer, expected) => {
    const error = await answerTo(answer).catch((reason: unknown) => reason);
    expect(error).toMatchObject(expected);
    expect(String(error)).not.toMatch(/scripted failure|secret|registry\.ollama/);
  });

  test("a key that is not there is said before anything is sent", async () => {
    await using server = await llmServer([textAnswer(["no"])]);
    const model = testModel({ provider: { baseUrl: server.url, keyVariable: "SOME_KEY" } });
    await expect(collect(streamChat(callOf(server.url, { model })))).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/SOME_KEY.*\.config\/hark\/\.env/),
    });
    expect(server.requests).toEqual([]);
  });

  test("a server that does not run", async () => {
    await expect(collect(streamChat(callOf("http://127.0.0.1:1/v1")))).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("cannot be reached"),
    });
  });

  test("a slow first word is waited for, a silent server is not", async () => {
    const slow: Answer = { stream: [{ waitMs: 300 }, chunk({ content: "at last" }), chunk({}, "stop")] };
    expect(await answerTo(slow, { silenceMs: 5000 })).toMatchObject([{ text: "at last" }, { type: "end" }]);
    await expect(answerTo(slow, { silenceMs: 50 })).rejects.toMatchObject({
      kind: "upstream",
      message: expect.stringContaining("sent nothing for 0.05 s"),
    });
  });

  test("a caller who leaves ends the request at the server", async () => {
    await using server = await llmServer([{ stream: [chunk({ content: "It" }), { waitMs: 60_000 }] }]);
    const controller = new AbortController();
    const deltas = streamChat(callOf(server.url, { signal: controller.signal }));
    await deltas.next();
    controller.abort();
    await expect(deltas.next()).rejects.toMatchObject({ kind: "cancelled" });
    await expect.poll(server.abandoned).toBe(1);
  });
});
