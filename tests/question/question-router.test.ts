import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { AppError } from "../../src/errors.ts";
import type { CheckAnswer, Claim } from "../../src/question/claim.ts";
import type { Execution } from "../../src/question/conversation.ts";
import { QUESTION_EVENT } from "../../src/question/event.ts";
import { MOST_ROUNDS } from "../../src/question/question-router.ts";
import { MOST_CALLS_OF_TURN, MOST_RESULT_CHARACTERS } from "../../src/question/tool-round.ts";
import {
  type Answer,
  callPiece,
  callsAnswer,
  chunk,
  type LlmRequest,
  llmServer,
  textAnswer,
  usageChunk,
} from "../fixtures/llm-server.ts";
import { openTestStorage } from "../storage/test-database.ts";
import { ask, doneOf, modelAt, question, rhythm, scriptedRouter, tokensOf } from "./scripted-router.ts";

const storage = await openTestStorage();

const CALL = { name: "analyse_rhythm", arguments: { track_id: "trk_1" } };

const messagesOf = (request: LlmRequest | undefined) =>
  (request?.body.messages ?? []).map((message) => Object(message));
const toolMessagesOf = (request: LlmRequest | undefined) =>
  messagesOf(request).filter(({ role }) => role === "tool") as { content: string; tool_call_id: string }[];

test("a question is measured, answered as it comes, checked and priced", async () => {
  await using server = await llmServer([
    callsAnswer([CALL], { usage: [1000, 20] }),
    textAnswer(["It runs at ", "112 BPM", "."], [1200, 30]),
  ]);
  const model = modelAt(server.url);
  const executions: Execution[] = [];
  const router = scriptedRouter(storage, [model], { logExecution: (execution) => executions.push(execution) });
  const events = await ask(router);
  expect(events.map(({ type }) => type)).toEqual(["tool_call", "tool_result", "token", "token", "token", "done"]);
  for (const event of events) QUESTION_EVENT.parse(event);
  expect(events.slice(0, 2)).toEqual([
    { type: "tool_call", tool: "analyse_rhythm", arguments: { track_id: "trk_1" } },
    { type: "tool_result", tool: "analyse_rhythm", success: true },
  ]);
  expect(doneOf(events)).toMatchObject({
    full_response: "It runs at 112 BPM.",
    corrected_from: null,
    claims: [{ text: "112 BPM", status: "supported", measured: 112.05, tool: "analyse_rhythm", field: "tempo_bpm" }],
    tools_called: [{ tool: "analyse_rhythm", success: true }],
    usage: { input_tokens: 2200, cached_tokens: 0, output_tokens: 50 },
    cost: { usd: expect.closeTo(0.0024, 9), why_null: null },
    model: model.id,
    session_id: null,
  });
  // A tool starts before the call of the model is booked, so it may be logged first.
  executions.sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
  expect(executions).toMatchObject([
    { kind: "model", name: model.id, success: true, inputTokens: 1000, outputTokens: 20 },
    { kind: "tool", name: "analyse_rhythm", success: true, errorKind: null },
    { kind: "model", name: model.id, success: true, costUsd: expect.closeTo(0.00132, 9) },
  ]);
  expect(server.requests).toHaveLength(2);
});

test("the answer can be collected, and its error thrown", async () => {
  await using server = await llmServer([textAnswer(["No number."]), { status: 401 }]);
  const router = scriptedRouter(storage, [modelAt(server.url)]);
  const signal = new AbortController().signal;
  expect(await router.collect(question(), signal)).toMatchObject({ response: "No number.", tools_called: [] });
  await expect(router.collect(question(), signal)).rejects.toMatchObject({ kind: "unauthorised" });
});

test("without a call of a tool the values of an answer are marked as not supported", async () => {
  await using server = await llmServer([textAnswer(["It runs at 120 BPM."])]);
  const { claims, tools_called } = doneOf(await ask(scriptedRouter(storage, [modelAt(server.url)])));
  expect(claims).toMatchObject([{ text: "120 BPM", status: "unsupported" }]);
  expect(tools_called).toEqual([]);
});

test("a word is passed on when it comes, not when the answer is whole", async () => {
  const words = [chunk({ content: "It " }), { waitMs: 300 }, chunk({ content: "is." }), chunk({}, "stop")];
  await using server = await llmServer([{ stream: words }]);
  const cameAt: number[] = [];
  const router = scriptedRouter(storage, [modelAt(server.url)]);
  for await (const event of router.events(question(), new AbortController().signal))
    if (event.type === "token") cameAt.push(performance.now());
  const [first = 0, second = 0] = cameAt;
  expect(second - first).toBeGreaterThan(200);
});

describe("servers that are loose or strict", () => {
  const pieces = [
    callPiece(0, { id: "a", name: "analyse_rhythm", arguments: '{"tra' }),
    callPiece(1, { id: "b", name: "analyse_loudness", arguments: "" }),
    callPiece(0, { arguments: 'ck_id":"trk_1"}' }),
    callPiece(1, { arguments: '{"track_id":"trk_1"}' }),
  ];
  const tools = [rhythm(), rhythm({ name: "analyse_loudness", run: async () => ({ integrated_lufs: -14.2 }) })];

  test.each<readonly [string, Answer]>([
    ["with roles and usage in a chunk of its own", callsAnswer([CALL, { ...CALL, name: "analyse_loudness" }])],
    [
      "without a role",
      { stream: [...pieces.map((piece) => chunk(piece)), chunk({}, "tool_calls"), usageChunk(10, 5)] },
    ],
    [
      "with arguments split and no usage",
      { stream: [...pieces.map((piece) => chunk(piece)), chunk({}, "tool_calls")] },
    ],
    ["that stop for another reason", { stream: [...pieces.map((piece) => chunk(piece)), chunk({}, "stop")] }],
  ])("two parallel calls come %s", async (_name, calls) => {
    await using server = await llmServer([calls, textAnswer(["112 BPM and -14.2 LUFS."])]);
    const events = await ask(scriptedRouter(storage, [modelAt(server.url)], { tools }));
    expect(doneOf(events).claims.map(({ status }) => status)).toEqual(["supported", "supported"]);
    const answered = toolMessagesOf(server.requests[1]);
    expect(answered).toHaveLength(2);
    expect(answered[0]?.content).toContain('"tempo_bpm":112.05');
    expect(answered[1]?.content).toContain('"integrated_lufs":-14.2');
    const [, , calling] = messagesOf(server.requests[1]);
    expect(calling.tool_calls.map(({ id }: { id: string }) => id)).toEqual(
      answered.map((message) => message.tool_call_id),
    );
  });

  test("a server that is busy, fails, and then is slow to speak, answers in the end", async () => {
    const slow: Answer = { stream: [{ waitMs: 150 }, chunk({ content: "Done." }), chunk({}, "stop")] };
    await using server = await llmServer([{ status: 429, headers: { "retry-after-ms": "30" } }, { status: 500 }, slow]);
    const events = await ask(scriptedRouter(storage, [modelAt(server.url)]));
    expect(tokensOf(events)).toBe("Done.");
    expect(server.requests).toHaveLength(3);
  });
});

describe("tools", () => {
  test("all calls of a turn run at once, are told as they end, and answered in the order of the calls", async () => {
    let running = 0;
    let together = 0;
    const tool = (name: string, waitMs: number) =>
      rhythm({
        name,
        async run() {
          together = Math.max(together, ++running);
          await sleep(waitMs);
          running -= 1;
          return { name };
        },
      });
    const tools = [tool("slow", 120), tool("fast", 10)];
    await using server = await llmServer([
      callsAnswer(tools.map(({ name }) => ({ name, arguments: {} }))),
      textAnswer(["ok"]),
    ]);
    const events = await ask(scriptedRouter(storage, [modelAt(server.url)], { tools }));
    expect(together).toBe(2);
    expect(events.slice(0, 4)).toMatchObject([
      { type: "tool_call", tool: "slow" },
      { type: "tool_call", tool: "fast" },
      { type: "tool_result", tool: "fast" },
      { type: "tool_result", tool: "slow" },
    ]);
    expect(doneOf(events).tools_called.map(({ tool }) => tool)).toEqual(["slow", "fast"]);
    expect(toolMessagesOf(server.requests[1]).map(({ content }) => content.includes("slow"))).toEqual([true, false]);
  });

  test("text that stands before calls is streamed, and set apart from the answer", async () => {
    await using server = await llmServer([
      callsAnswer([CALL], { text: "Let me measure." }),
      textAnswer(["112", " BPM."]),
    ]);
    const events = await ask(scriptedRouter(storage, [modelAt(server.url)]));
    expect(tokensOf(events)).toBe("Let me measure.\n\n112 BPM.");
    expect(doneOf(events).full_response).toBe(tokensOf(events));
    expect(messagesOf(server.requests[1])[2]).toMatchObject({ role: "assistant", content: "Let me measure." });
  });

  test("the model is told of a tool that fails, is unknown or gives too much, and goes on", async () => {
    const failures: unknown[] = [];
    const tools = [
      rhythm({ run: () => Promise.reject(new AppError("not_found", "There is no such track.")) }),
      rhythm({ name: "broken", run: () => Promise.reject(new Error("secret path /etc/x")) }),
      rhythm({ name: "long", run: async () => ({ text: "x".repeat(MOST_RESULT_CHARACTERS) }) }),
    ];
    const names = ["analyse_rhythm", "broken", "long", "analyse_colour"];
    await using server = await llmServer([
      callsAnswer(names.map((name) => ({ name, arguments: {} }))),
      textAnswer(["It cannot be measured."]),
    ]);
    const router = scriptedRouter(storage, [modelAt(server.url)], {
      tools,
      onFailure: (error) => failures.push(error),
    });
    const { tools_called } = doneOf(await ask(router));
    expect(tools_called).toEqual(names.map((tool) => ({ tool, success: false })));
    const told = toolMessagesOf(server.requests[1]).map(({ content }) => content);
    expect(told[0]).toContain('"kind":"not_found","message":"There is no such track."');
    expect(told[1]).toContain('"kind":"internal"');
    expect(told.join()).not.toContain("secret");
    expect(told[2]).toContain("Ask for less");
    expect(told[3]).toMatch(/There is no tool .*analyse_colour.*analyse_rhythm, broken, long/);
    expect(failures).toHaveLength(4);
  });

  test("more calls than fit into a turn are refused, the others run", async () => {
    await using server = await llmServer([
      callsAnswer(Array.from({ length: MOST_CALLS_OF_TURN + 2 }, () => CALL)),
      textAnswer(["ok"]),
    ]);
    const { tools_called } = doneOf(await ask(scriptedRouter(storage, [modelAt(server.url)])));
    expect(tools_called.filter(({ success }) => success)).toHaveLength(MOST_CALLS_OF_TURN);
    expect(tools_called).toHaveLength(MOST_CALLS_OF_TURN + 2);
  });

  test("endless calls end after a stated number of rounds", async () => {
    await using server = await llmServer([callsAnswer([CALL])]);
    const events = await ask(scriptedRouter(storage, [modelAt(server.url)]));
    expect(events.at(-1)).toMatchObject({
      type: "error",
      kind: "upstream",
      message: expect.stringMatching(new RegExp(`asked for tools ${MOST_ROUNDS} times.*Ask a narrower question`)),
    });
    expect(server.requests).toHaveLength(MOST_ROUNDS);
  });

  test("malformed arguments go back to the model, which may do better", async () => {
    await using server = await llmServer([
      callsAnswer([{ ...CALL, arguments: '{"track_id": trk' }]),
      callsAnswer([{ ...CALL, arguments: "[1]" }]),
      callsAnswer([CALL]),
      callsAnswer([{ ...CALL, arguments: "oh" }]),
      textAnswer(["112 BPM"]),
    ]);
    const events = await ask(scriptedRouter(storage, [modelAt(server.url)]));
    expect(doneOf(events).tools_called.map(({ success }) => success)).toEqual([false, false, true, false]);
    expect(events[0]).toEqual({ type: "tool_call", tool: "analyse_rhythm", arguments: {} });
    expect(toolMessagesOf(server.requests[1])[0]?.content).toMatch(/no JSON object: \{.*Call it again/);
    // A server that parses the arguments of earlier calls could not go on otherwise.
    const sent = messagesOf(server.requests[4]).flatMap(({ tool_calls = [] }) => tool_calls);
    expect(sent).toHaveLength(4);
    for (const { function: call } of sent) JSON.parse(call.arguments);
  });

  test("arguments that stay malformed are a typed error", async () => {
    await using server = await llmServer([callsAnswer([{ ...CALL, arguments: "{" }])]);
    const events = await ask(scriptedRouter(storage, [modelAt(server.url)]));
    expect(events.at(-1)).toMatchObject({
      type: "error",
      kind: "upstream",
      message: expect.stringMatching(/no JSON, 3 times in a row\. Choose another model/),
    });
    expect(server.requests).toHaveLength(3);
  });
});

describe("correction", () => {
  /** Says that 120 is wrong, and everything else right. */
  const strict: CheckAnswer = (answer) =>
    [...answer.matchAll(/(\d+) BPM/g)].map(([text, digits]): Claim => {
      const status = digits === "112" ? "supported" : "contradicted";
      return {
        ...{
          text,
          kind: "number",
          value: Number(digits),
          unit: "BPM",
          status,
          measured: 112.05,
          tool: "analyse_rhythm",
        },
        ...{ field: "tempo_bpm", from_seconds: null, to_seconds: null, confidence: 0.93 },
      };
    });

  test("an answer that contradicts what was measured is corrected once, and both are told", async () => {
    await using server = await llmServer([
      callsAnswer([CALL]),
      textAnswer(["120 BPM."]),
      textAnswer(["It is ", "112 BPM."]),
    ]);
    const events = await ask(scriptedRouter(storage, [modelAt(server.url)], { checkAnswer: strict }));
    expect(tokensOf(events)).toBe("120 BPM.\n\nIt is 112 BPM.");
    expect(doneOf(events)).toMatchObject({
      full_response: "It is 112 BPM.",
      corrected_from: "120 BPM.",
      claims: [{ text: "112 BPM", status: "supported" }],
      usage: { input_tokens: 30 },
    });
    const [first, request] = messagesOf(server.requests[2]).slice(-2);
    expect(first).toEqual({ role: "assistant", content: "120 BPM." });
    expect(request.role).toBe("user");
    expect(request.content).toMatch(/"you_wrote":"120 BPM".*"measured":112\.05/);
  });

  test("an answer that is still wrong is not corrected again; its claims say so", async () => {
    await using server = await llmServer([textAnswer(["120 BPM."]), textAnswer(["130 BPM."])]);
    const done = doneOf(await ask(scriptedRouter(storage, [modelAt(server.url)], { checkAnswer: strict })));
    expect(done).toMatchObject({ full_response: "130 BPM.", claims: [{ status: "contradicted" }] });
    expect(server.requests).toHaveLength(2);
  });

  test.each<readonly [string, Answer, number | null]>([
    ["fails", { status: 400 }, 0],
    ["breaks off", { stream: [chunk({ content: "It is" }), "cut"] }, null],
    ["is empty", textAnswer([]), 0],
    ["wants tools again", callsAnswer([CALL]), 0],
  ])("a correction that %s leaves the first answer, with its claims marked", async (_name, second, unknownCost) => {
    await using server = await llmServer([textAnswer(["120 BPM."]), second]);
    const done = doneOf(await ask(scriptedRouter(storage, [modelAt(server.url)], { checkAnswer: strict })));
    expect(done).toMatchObject({
      full_response: "120 BPM.",
      corrected_from: null,
      claims: [{ text: "120 BPM", status: "contradicted", measured: 112.05 }],
    });
    if (unknownCost === null) expect(done.cost).toEqual({ usd: null, why_null: expect.stringContaining("broke off") });
    else expect(done.cost.usd).toBeGreaterThan(0);
  });

  test("a correction that is not paid for leaves the first answer", async () => {
    const usage: [number, number] = [10_000, 1000];
    await using server = await llmServer([textAnswer(["120 BPM."], usage)]);
    const router = scriptedRouter(storage, [modelAt(server.url)], { checkAnswer: strict });
    const done = doneOf(await ask(router, { maxCostUsd: 0.02 }));
    expect(done).toMatchObject({ full_response: "120 BPM.", corrected_from: null, cost: { usd: 0.014 } });
    expect(server.requests).toHaveLength(1);
  });
});
