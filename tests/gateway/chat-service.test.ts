import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type ChatEvent, type ChatRequest, chatService } from "../../src/gateway/chat-service.ts";
import type { Model } from "../../src/gateway/model.ts";
import { modelRouter } from "../../src/gateway/model-router.ts";
import { loadPrices } from "../../src/gateway/prices.ts";
import type { BudgetLimits } from "../../src/storage/ledger-repository.ts";
import { openStorage, type Storage } from "../../src/storage/storage.ts";
import { type Answer, chunk, llmServer, textAnswer, usageChunk } from "../fixtures/llm-server.ts";
import { createTestDatabase, openTestStorage } from "../storage/test-database.ts";
import { testModel } from "./test-models.ts";

const storage = await openTestStorage();
const priceUsage = await loadPrices();

/** Costs 1 USD for a million tokens of input and 4 for output, unless `values` say otherwise. */
function modelAt(url: string, values: Partial<Omit<Model, "provider">> = {}): Model {
  return testModel({ id: `test/${randomUUID()}`, ...values, provider: { baseUrl: url } });
}

function service(models: readonly Model[], budgets: BudgetLimits = {}, own: Storage = storage) {
  const readKey = async () => null;
  const find = (id: string) => models.find((model) => model.id === id) ?? testModel({ id });
  const shared = { readKey, priceUsage, budgets, storage: async () => own };
  const registry = { models, templates: [], find };
  const route = modelRouter({ ...shared, registry, listLocalModels: async () => [] });
  return chatService({ ...shared, route, silenceMs: 5000, backoffMs: { first: 5, longest: 500 } });
}

function request(values: Partial<ChatRequest> = {}): ChatRequest {
  return {
    payload: { messages: [{ role: "user", content: "How loud?" }], tools: [] },
    task: "question",
    maxOutputTokens: 100,
    localOnly: false,
    localFirst: false,
    model: null,
    maxCostUsd: null,
    weights: {},
    owner: "local",
    keyId: randomUUID(),
    sessionId: null,
    tool: null,
    signal: new AbortController().signal,
    ...values,
  };
}

async function collect(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const all: ChatEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const textOf = (events: readonly ChatEvent[]) =>
  events.map((event) => (event.type === "text" ? event.text : "")).join("");

test("a chat is routed, streamed, and settled on what the server reports", async () => {
  await using server = await llmServer([textAnswer(["It is ", "−14 LUFS."], [1000, 50])]);
  const keyId = randomUUID();
  const events = await collect(service([modelAt(server.url)])(request({ keyId, tool: "ask_track" })));
  expect(textOf(events)).toBe("It is −14 LUFS.");
  const end = events.at(-1);
  expect(end).toMatchObject({ type: "done", reason: "stop", isReported: true, tries: 1 });
  expect(end).toMatchObject({ cost: { usd: expect.closeTo(0.0012, 9) }, usage: { inputTokens: 1000 } });
  expect(await storage.ledger.balance(`key:${keyId}`)).toEqual({ settledUsd: 0.0012, reservedUsd: 0 });
  const [model] = events;
  if (model?.type !== "model") throw new Error("no model was named first");
  const decision = await storage.routes.find("local", model.routeId);
  expect(decision?.outcome).toMatchObject({ model: model.model, cost_usd: expect.closeTo(0.0012, 9), failures: [] });
  expect((await storage.modelHealth.all()).get(model.model)).toMatchObject({ calls: 1, failures: 0 });
});

test("without reported usage the cost is counted, and the ledger says so", async () => {
  await using server = await llmServer([{ stream: [chunk({ content: "one two three" }), chunk({}, "stop")] }]);
  const keyId = randomUUID();
  const events = await collect(service([modelAt(server.url)])(request({ keyId })));
  expect(events.at(-1)).toMatchObject({
    isReported: false,
    usage: { outputTokens: 3 },
    cost: { usd: expect.any(Number) },
  });
  const rows = await storage.sql`select cost_source from llm_calls where key_id = ${keyId}`;
  expect(rows).toEqual([{ cost_source: "models.yaml, counted" }]);
});

describe("failures", () => {
  test("a busy server is asked again after the time that it names", async () => {
    const busy: Answer = { status: 429, headers: { "retry-after-ms": "40" } };
    await using server = await llmServer([busy, { status: 500 }, textAnswer(["ok"])]);
    const startedAt = performance.now();
    const events = await collect(service([modelAt(server.url)])(request()));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(40);
    expect(events.at(-1)).toMatchObject({ type: "done", tries: 3 });
    expect(server.requests).toHaveLength(3);
  });

  test("a server that asks to wait too long, or refuses, is left for the next model", async () => {
    for (const answer of [{ status: 429, headers: { "retry-after": "60" } }, { status: 401 }, { status: 404 }]) {
      await using bad = await llmServer([answer]);
      await using good = await llmServer([textAnswer(["from the other"])]);
      const models = [modelAt(bad.url, { quality: 5 }), modelAt(good.url, { quality: 1 })];
      const events = await collect(service(models)(request()));
      expect(events.filter((event) => event.type === "model").map((event) => event.model)).toEqual(
        models.map((model) => model.id),
      );
      expect(textOf(events)).toBe("from the other");
      expect(bad.requests).toHaveLength(1);
    }
  });

  test("when every model fails, the last error is told, all is released, and the decision says what happened", async () => {
    await using server = await llmServer([{ status: 500 }]);
    const keyId = randomUUID();
    const model = modelAt(server.url);
    await expect(collect(service([model])(request({ keyId })))).rejects.toMatchObject({ kind: "upstream" });
    expect(server.requests).toHaveLength(3);
    expect(await storage.ledger.balance(`key:${keyId}`)).toEqual({ settledUsd: 0, reservedUsd: 0 });
    expect((await storage.modelHealth.all()).get(model.id)).toMatchObject({
      failuresInRow: 3,
      openUntil: expect.any(Date),
    });
    const [decision] = await storage.routes.list("local", null, 1);
    expect(decision?.outcome).toEqual({ failures: Array(3).fill({ model: model.id, kind: "upstream" }) });
  });

  test("after the first word nothing is tried again, and what came is paid for", async () => {
    await using server = await llmServer([{ stream: [chunk({ content: "one two three" }), "cut"] }]);
    const keyId = randomUUID();
    const events: ChatEvent[] = [];
    const run = async () => {
      for await (const event of service([modelAt(server.url), modelAt(server.url)])(request({ keyId })))
        events.push(event);
    };
    await expect(run()).rejects.toMatchObject({ kind: "upstream", message: expect.stringContaining("broke off") });
    expect(textOf(events)).toBe("one two three");
    expect(server.requests).toHaveLength(1);
    const { settledUsd, reservedUsd } = await storage.ledger.balance(`key:${keyId}`);
    expect(settledUsd).toBeGreaterThan(0);
    expect(reservedUsd).toBe(0);
  });

  test("a caller who leaves early, or cancels, has nothing reserved any more", async () => {
    await using server = await llmServer([{ stream: [chunk({ content: "It" }), { waitMs: 60_000 }] }]);
    const keyId = randomUUID();
    for await (const event of service([modelAt(server.url)])(request({ keyId }))) if (event.type === "text") break;
    const controller = new AbortController();
    const cancelled = (async () => {
      for await (const event of service([modelAt(server.url)])(request({ keyId, signal: controller.signal }))) {
        if (event.type === "text") controller.abort();
      }
    })();
    await expect(cancelled).rejects.toMatchObject({ kind: "cancelled" });
    await expect.poll(server.abandoned).toBe(2);
    expect((await storage.ledger.balance(`key:${keyId}`)).reservedUsd).toBe(0);
  });
});

describe("budgets", () => {
  test("over budget is said before any request is sent", async () => {
    await using server = await llmServer([textAnswer(["no"])]);
    const model = modelAt(server.url);
    for (const [budgets, values] of [
      [{ key: 0.0001 }, {}],
      [{}, { maxCostUsd: 0.0001 }],
    ] as const) {
      const chat = service([model], budgets)(request({ maxOutputTokens: 1000, ...values }));
      await expect(collect(chat)).rejects.toMatchObject({ kind: "over_budget" });
    }
    expect(server.requests).toEqual([]);
  });

  test("of 200 parallel chats, exactly the 50 run that the budget covers, and the ledger is what the server reported", async () => {
    const database = await createTestDatabase();
    const storages = await Promise.all([1, 2, 3].map(() => openStorage(database)));
    // The prompt has 10 tokens; each answer takes all 100 that it may: 0.00041 USD.
    const prompt = 10;
    await using server = await llmServer(() => ({
      stream: [chunk({ content: "word" }), { waitMs: 5 }, chunk({}, "length"), usageChunk(prompt, 100)],
    }));
    const budgets = { day: 50 * (prompt + 400) * 1e-6 };
    const model = modelAt(server.url);
    try {
      const runs = await Promise.allSettled(
        Array.from({ length: 200 }, (_, call) => {
          const own = storages[call % storages.length] ?? storage;
          return collect(service([model], budgets, own)(request({ keyId: `key ${call % 5}`, sessionId: "s" })));
        }),
      );
      const refused = runs.flatMap((run) => (run.status === "rejected" ? [run.reason] : []));
      expect(refused).toHaveLength(150);
      for (const reason of refused) expect(reason).toMatchObject({ kind: "over_budget" });
      expect(server.requests).toHaveLength(50);
      const [total] = (await storages[0]?.ledger.totals("local", "session", null, 5)) ?? [];
      expect(total).toMatchObject({
        name: "s",
        calls: 50,
        costUsd: expect.closeTo(server.requests.length * 0.00041, 9),
      });
      expect(await storages[0]?.ledger.balance("session:s")).toMatchObject({ reservedUsd: 0 });
    } finally {
      await Promise.all(storages.map((own) => own.close()));
    }
  });
});
