import { describe, expect, test } from "vitest";
import { localModels } from "../../src/gateway/local-models.ts";
import type { Model } from "../../src/gateway/model.ts";
import { modelRouter } from "../../src/gateway/model-router.ts";
import { loadPrices } from "../../src/gateway/prices.ts";
import { replayRoutes } from "../../src/gateway/route-replay.ts";
import type { RouteRequest } from "../../src/gateway/route-request.ts";
import { DEFAULT_WEIGHTS } from "../../src/gateway/route-score.ts";
import type { BudgetLimits } from "../../src/storage/ledger-repository.ts";
import { openTestStorage } from "../storage/test-database.ts";
import { jsonServer } from "./json-server.ts";
import { testModel } from "./test-models.ts";

const storage = await openTestStorage();
const priceUsage = await loadPrices();

const cheap = testModel({ id: "test/cheap", name: "cheap", quality: 2, price: { input_mtok: 0.1, output_mtok: 0.4 } });
const good = testModel({ id: "test/good", name: "good", quality: 5, price: { input_mtok: 5, output_mtok: 25 } });
const local = testModel({
  id: "home/small",
  name: "small",
  quality: 1,
  price: "free",
  contextWindowTokens: 4096,
  provider: { name: "home", isLocal: true },
});

const REQUEST: RouteRequest = {
  task: "question",
  inputTokens: 1000,
  outputTokens: { low: 200, high: 1000 },
  needs: [],
  localOnly: false,
  localFirst: false,
  model: null,
  maxCostUsd: null,
  weights: {},
  owner: "local",
  keyId: "local",
  sessionId: null,
};

function router(models: readonly Model[], budgets: BudgetLimits = {}) {
  const find = (id: string) => models.find((model) => model.id === id) ?? testModel({ id });
  return modelRouter({
    registry: { models, templates: [], find },
    listLocalModels: async () => [],
    readKey: async (variable) => (variable === "SET_KEY" ? "key" : null),
    priceUsage,
    budgets,
    storage: async () => storage,
  });
}

describe("filters", () => {
  test.each<[string, Model, Partial<RouteRequest>, RegExp]>([
    ["tools", testModel({ tools: false }), { needs: ["tools"] }, /^no tools$/],
    ["streaming", testModel({ streaming: false }), { needs: ["streaming"] }, /^no streaming$/],
    ["audio", testModel(), { needs: ["audio"] }, /^no audio$/],
    ["context", testModel({ contextWindowTokens: 1999 }), {}, /^context: needs 2000 of 1999 tokens$/],
    ["answer", testModel({ outputLimitTokens: 999 }), {}, /^answer: needs 1000 of 999/],
    ["locality", testModel(), { localOnly: true }, /^not local$/],
    ["key", testModel({ provider: { keyVariable: "OTHER_KEY" } }), {}, /^no key: set OTHER_KEY$/],
    ["cost", testModel(), { maxCostUsd: 0.001 }, /^cost: up to \$0\.00500$/],
    ["unknown price", testModel({ price: null }), { maxCostUsd: 1 }, /^budget: the price is not known$/],
  ])("%s", async (_name, model, request, reason) => {
    const { candidates } = await router([{ ...model, id: "test/other" }, good])({
      ...REQUEST,
      weights: {},
      ...request,
      needs: request.needs ?? [],
    }).catch(async () => ({ candidates: (await storage.routes.list("local", null, 1))[0]?.candidates ?? [] }));
    const filtered = candidates.find((candidate) => candidate.model === "test/other")?.filtered;
    expect(filtered).toEqual([expect.stringMatching(reason)]);
  });

  test("a model that keeps failing is left alone, and comes back when its time is over", async () => {
    const failing = testModel({ id: "test/failing" });
    for (let call = 0; call < 3; call++) await storage.modelHealth.recordFailure("test/failing");
    const { chain, candidates } = await router([failing, good])(REQUEST);
    expect(chain.map((model) => model.id)).toEqual(["test/good"]);
    expect(candidates.at(-1)?.filtered).toEqual([expect.stringMatching(/^failing: left alone until 20/)]);
    await storage.sql`update model_health set open_until = now() - interval '1 second' where model = 'test/failing'`;
    expect((await router([failing])(REQUEST)).chain).toHaveLength(1);
  });

  test("a budget that is too small leaves only what it can pay", async () => {
    const keyId = "poor";
    const { chain } = await router([good, cheap], { key: 0.005 })({ ...REQUEST, keyId });
    expect(chain.map((model) => model.id)).toEqual(["test/cheap"]);
    await expect(router([good], { key: 0.005 })({ ...REQUEST, keyId })).rejects.toMatchObject({
      kind: "over_budget",
      message: expect.stringMatching(/test\/good: budget: \$0\.00500 left/),
    });
  });
});

describe("scores", () => {
  test("weights move the choice between cheap and good", async () => {
    const chosen = async (weights: RouteRequest["weights"]) =>
      (await router([cheap, good])({ ...REQUEST, weights })).chain.map((model) => model.id);
    expect(await chosen({ quality: 5, cost: 0 })).toEqual(["test/good", "test/cheap"]);
    expect(await chosen({ quality: 0, cost: 5 })).toEqual(["test/cheap", "test/good"]);
  });

  test("a measured latency counts, and a model that does not fit the task comes later", async () => {
    const [fast, slow] = ["test/fast", "test/slow"].map((id) => testModel({ id }));
    if (fast === undefined || slow === undefined) throw new Error("no models");
    await storage.modelHealth.recordSuccess("test/fast", 200, 1000);
    await storage.modelHealth.recordSuccess("test/slow", 9000, 20_000);
    expect((await router([slow, fast])(REQUEST)).chain[0]?.id).toBe("test/fast");
    const other = testModel({ id: "test/aaa", tasks: ["summary"] });
    expect((await router([other, testModel()])(REQUEST)).chain[0]?.id).toBe("test/model");
  });

  test("local first wins over every other part, and only then", async () => {
    const decide = async (request: Partial<RouteRequest>) =>
      (await router([cheap, good, local])({ ...REQUEST, weights: { cost: 0 }, ...request })).chain[0]?.id;
    expect(await decide({ localFirst: true })).toBe("home/small");
    expect(await decide({})).toBe("test/good");
  });

  test("a named model is the only candidate", async () => {
    const { chain, candidates } = await router([cheap, good])({ ...REQUEST, model: "test/good" });
    expect(chain.map((model) => model.id)).toEqual(["test/good"]);
    expect(candidates).toHaveLength(1);
  });
});

test("each decision is stored whole, also one that found no model", async () => {
  const { id, candidates } = await router([cheap, good])(REQUEST);
  expect(await storage.routes.find("local", id)).toMatchObject({
    chosen: candidates[0]?.model,
    candidates,
    outcome: null,
  });
  await expect(router([good])({ ...REQUEST, localOnly: true })).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringMatching(/rte_[0-9a-f]+.*test\/good: not local/),
  });
  const [newest] = await storage.routes.list("local", null, 1);
  expect(newest).toMatchObject({ chosen: null, candidates: [{ model: "test/good", filtered: ["not local"] }] });
});

test("a replay under the same weights changes nothing, under others it says what would differ", async () => {
  const since = new Date();
  const ask = router([cheap, good]);
  await ask({ ...REQUEST, weights: { quality: 5 } });
  await ask({ ...REQUEST, weights: { quality: 5 } });
  const decisions = await storage.routes.list("local", since, 10);
  expect(replayRoutes(decisions, {})).toMatchObject({ decisions: 2, changed: [] });
  expect(replayRoutes(decisions, { quality: 5 })).toMatchObject({ decisions: 2, changed: [] });
  const [first] = decisions;
  if (first === undefined) throw new Error("no decision");
  expect(replayRoutes([{ ...first, candidates: [{ model: "of an older form" }] }], {}).decisions).toBe(0);
  const frugal = replayRoutes(decisions, { ...DEFAULT_WEIGHTS, quality: 0, cost: 5 });
  expect(frugal.changed).toMatchObject([
    { chosen: "test/good", would_choose: "test/cheap" },
    { chosen: "test/good", would_choose: "test/cheap" },
  ]);
  expect(frugal.expected_usd.made).toBeCloseTo(2 * (1000 * 5 + 200 * 25) * 1e-6, 9);
  expect(frugal.expected_usd.replayed).toBeCloseTo(2 * (1000 * 0.1 + 200 * 0.4) * 1e-6, 9);
  expect(frugal.mean_first_token_ms).toEqual({ made: null, replayed: null });
});

test("local servers are asked what they have; those that are not there have nothing", async () => {
  await using server = await jsonServer(() => ({ body: { object: "list", data: [{ id: "qwen3:8b" }, { id: "b" }] } }));
  const template = (baseUrl: string) => testModel({ id: "home/*", name: "*", provider: { name: "home", baseUrl } });
  const list = localModels([template(`${server.url}/v1`), template("http://127.0.0.1:1/v1")]);
  expect((await list()).map((model) => model.id)).toEqual(["home/qwen3:8b", "home/b"]);
  await list();
  expect(server.requests).toMatchObject([{ path: "/v1/models" }]);
});
