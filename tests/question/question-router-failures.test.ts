import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Execution } from "../../src/question/conversation.ts";
import { type Answer, callsAnswer, chunk, llmServer, textAnswer } from "../fixtures/llm-server.ts";
import { openTestStorage } from "../storage/test-database.ts";
import { ask, doneOf, modelAt, question, rhythm, scriptedRouter } from "./scripted-router.ts";

const storage = await openTestStorage();

const CALL = { name: "analyse_rhythm", arguments: { track_id: "trk_1" } };

describe("money", () => {
  test("the most that a question may cost holds for all its calls together", async () => {
    await using server = await llmServer([callsAnswer([CALL], { usage: [5000, 1000] }), textAnswer(["no"])]);
    const keyId = randomUUID();
    const router = scriptedRouter(storage, [modelAt(server.url)], { keyId });
    const events = await ask(router, { maxCostUsd: 0.02 });
    expect(events.at(-1)).toMatchObject({
      type: "error",
      kind: "over_budget",
      message: expect.stringContaining("has cost $0.0090 so far"),
    });
    expect(server.requests).toHaveLength(1);
    expect(await storage.ledger.balance(`key:${keyId}`)).toEqual({ settledUsd: 0.009, reservedUsd: 0 });
  });

  test("a budget that is used up is said before any request", async () => {
    await using server = await llmServer([textAnswer(["no"])]);
    const events = await ask(scriptedRouter(storage, [modelAt(server.url)], { budgets: { key: 0.0001 } }));
    expect(events).toMatchObject([{ type: "error", kind: "over_budget" }]);
    expect(server.requests).toEqual([]);
  });

  test("an unknown cost is null with its reason, never 0", async () => {
    await using server = await llmServer([callsAnswer([CALL]), textAnswer(["112 BPM"])]);
    const { cost } = doneOf(await ask(scriptedRouter(storage, [modelAt(server.url, { price: null })])));
    expect(cost).toEqual({ usd: null, why_null: expect.stringContaining("price") });
  });

  test("a question that may cost nothing is answered by a model that costs nothing, and by no other", async () => {
    await using server = await llmServer([callsAnswer([CALL]), textAnswer(["112 BPM"])]);
    const free = modelAt(server.url, { price: "free" });
    expect(doneOf(await ask(scriptedRouter(storage, [free]), { maxCostUsd: 0 })).cost).toEqual({
      usd: 0,
      why_null: null,
    });
    const [event] = await ask(scriptedRouter(storage, [modelAt(server.url)]), { maxCostUsd: 0 });
    expect(event).toMatchObject({ type: "error", kind: "over_budget" });
  });

  test("a session's budget counts the calls of its questions", async () => {
    await using server = await llmServer([textAnswer(["ok"], [1000, 0])]);
    const sessionId = randomUUID();
    const events = await ask(scriptedRouter(storage, [modelAt(server.url)]), { sessionId });
    expect(doneOf(events).session_id).toBe(sessionId);
    expect(await storage.ledger.balance(`session:${sessionId}`)).toMatchObject({ settledUsd: 0.001 });
  });
});

describe("models", () => {
  test("the model of the first turn goes on, and another takes over when it fails", async () => {
    await using first = await llmServer([callsAnswer([CALL]), callsAnswer([CALL]), { status: 401 }]);
    await using second = await llmServer([textAnswer(["112 BPM"])]);
    const models = [modelAt(first.url, { quality: 5 }), modelAt(second.url, { quality: 1 })];
    const executions: Execution[] = [];
    const router = scriptedRouter(storage, models, { logExecution: (execution) => executions.push(execution) });
    expect(doneOf(await ask(router))).toMatchObject({ full_response: "112 BPM", model: models[1]?.id });
    const tried = executions.filter(({ kind }) => kind === "model").map(({ name, success }) => [name, success]);
    expect(tried.slice(0, 3)).toEqual([
      [models[0]?.id, true],
      [models[0]?.id, true],
      [models[0]?.id, false],
    ]);
    expect(tried.at(-1)).toEqual([models[1]?.id, true]);
  });

  test("a model that was asked for by name is not replaced", async () => {
    await using first = await llmServer([callsAnswer([CALL]), { status: 401 }]);
    await using second = await llmServer([textAnswer(["no"])]);
    const models = [modelAt(first.url), modelAt(second.url)];
    const events = await ask(scriptedRouter(storage, models), { model: models[0]?.id ?? null });
    expect(events.at(-1)).toMatchObject({ type: "error", kind: "unauthorised" });
    expect(second.requests).toEqual([]);
  });
});

describe("errors say what to do", () => {
  const refusal = (message: string): Answer => ({ status: 400, body: { error: { message } } });

  test.each<readonly [string, readonly Answer[], string, RegExp]>([
    ["a bad key", [{ status: 401 }], "unauthorised", /Check the key/],
    ["a server that fails", [{ status: 500 }], "upstream", /Try again later, or choose another model/],
    ["a server that stays busy", [{ status: 429, headers: { "retry-after": "60" } }], "rate_limited", /Wait 60 s/],
    ["a model that cannot call tools", [refusal("model does not support tools")], "unavailable", /cannot call tools/],
    ["a stream that is cut", [{ stream: [chunk({ content: "It is 112" }), "cut"] }], "upstream", /broke off/],
    [
      "an answer that is too long",
      [{ stream: [chunk({ content: "so" }), chunk({}, "length")] }],
      "upstream",
      /narrower/,
    ],
    ["an answer that is withheld", [{ stream: [chunk({}, "content_filter")] }], "upstream", /withheld/],
    ["an empty answer", [textAnswer([" "])], "upstream", /empty answer/],
    [
      "a stream that is cut after a tool",
      [callsAnswer([CALL]), { stream: [chunk({ content: "1" }), "cut"] }],
      "upstream",
      /broke off/,
    ],
  ])("%s", async (_name, script, kind, message) => {
    await using server = await llmServer(script);
    const failures: unknown[] = [];
    const router = scriptedRouter(storage, [modelAt(server.url)], { onFailure: (error) => failures.push(error) });
    const events = await ask(router);
    expect(events.filter(({ type }) => type === "done")).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: "error", kind, message: expect.stringMatching(message) });
    expect(failures.at(-1)).toMatchObject({ kind });
  });

  test("a server that is down", async () => {
    const down = modelAt("http://127.0.0.1:1/v1", { provider: { name: "ollama", isLocal: true } });
    const [event] = await ask(scriptedRouter(storage, [down]));
    expect(event).toMatchObject({ kind: "unavailable", message: expect.stringContaining("Start ollama") });
  });

  test("no model at all, or none that can call tools", async () => {
    for (const models of [[], [modelAt("http://127.0.0.1:1/v1", { tools: false })]]) {
      const [event] = await ask(scriptedRouter(storage, models));
      expect(event).toMatchObject({
        type: "error",
        kind: "unavailable",
        message: expect.stringMatching(/^No language model .*start a local server/),
      });
    }
  });
});

describe("leaving", () => {
  test("a caller who cancels during a tool is told at once, and the tool's signal aborts", async () => {
    await using server = await llmServer([callsAnswer([CALL])]);
    const controller = new AbortController();
    let signal: AbortSignal | undefined;
    const stubborn = rhythm({
      run(_args, given) {
        signal = given;
        setTimeout(() => controller.abort(), 20);
        return new Promise(() => {});
      },
    });
    const events = await ask(
      scriptedRouter(storage, [modelAt(server.url)], { tools: [stubborn] }),
      {},
      controller.signal,
    );
    expect(events.at(-1)).toMatchObject({ type: "error", kind: "cancelled" });
    expect(signal?.aborted).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  test("a caller who cancels during a stream ends it, and only what came is paid for", async () => {
    await using server = await llmServer([{ stream: [chunk({ content: "It" }), { waitMs: 60_000 }] }]);
    const controller = new AbortController();
    const keyId = randomUUID();
    const router = scriptedRouter(storage, [modelAt(server.url)], { keyId });
    const events = [];
    for await (const event of router.events(question(), controller.signal)) {
      events.push(event);
      if (event.type === "token") controller.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: "error", kind: "cancelled" });
    await expect.poll(server.abandoned).toBe(1);
    expect(await storage.ledger.balance(`key:${keyId}`)).toMatchObject({ reservedUsd: 0 });
  });

  test("leaving the loop closes the stream, or stops the other tools of the turn", async () => {
    await using talking = await llmServer([{ stream: [chunk({ content: "It" }), { waitMs: 60_000 }] }]);
    for await (const event of scriptedRouter(storage, [modelAt(talking.url)]).events(
      question(),
      new AbortController().signal,
    ))
      if (event.type === "token") break;
    await expect.poll(talking.abandoned).toBe(1);

    let stopped = false;
    const slow = rhythm({
      name: "slow",
      run: (_args, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => {
            stopped = true;
            reject(signal.reason);
          }),
        ),
    });
    await using calling = await llmServer([callsAnswer([CALL, { name: "slow", arguments: {} }])]);
    const router = scriptedRouter(storage, [modelAt(calling.url)], { tools: [rhythm(), slow] });
    for await (const event of router.events(question(), new AbortController().signal))
      if (event.type === "tool_result") break;
    expect(stopped).toBe(true);
  });

  test("a question whose caller has left already asks nobody", async () => {
    await using server = await llmServer([textAnswer(["no"])]);
    const events = await ask(scriptedRouter(storage, [modelAt(server.url)]), {}, AbortSignal.abort());
    expect(events).toMatchObject([{ type: "error", kind: "cancelled" }]);
  });
});
