import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCAL_CALLER } from "../../src/caller.ts";
import { type Gateway, openGateway } from "../../src/gateway/gateway.ts";
import { costsResource } from "../../src/resources/costs-resource.ts";
import { modelsResource } from "../../src/resources/models-resource.ts";
import { routeResource } from "../../src/resources/route-resource.ts";
import { analyzeCost } from "../../src/tools/analyze-cost.ts";
import { analyzeTokens } from "../../src/tools/analyze-tokens.ts";
import { costReport } from "../../src/tools/cost-report.ts";
import { routeModel } from "../../src/tools/route-model.ts";
import { runTool } from "../../src/tools/run-tool.ts";
import type { CallContext, Tool } from "../../src/tools/tool.ts";
import { llmServer, textAnswer } from "../fixtures/llm-server.ts";
import { openTestStorage } from "../storage/test-database.ts";

const storage = await openTestStorage();
const server = await llmServer([textAnswer(["Hello"], [1000, 500])]);
let folder = "";
let gateway: Gateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hark-gateway-"));
  const modelsFile = join(folder, "models.yaml");
  const locals = ["ollama", "lmstudio", "vllm", "mlx"].map((name) => `  ${name}: { disabled: true }\n`).join("");
  await writeFile(
    modelsFile,
    `providers:\n${locals}  mine: { base_url: "${server.url}", key_variable: MY_KEY }\n` +
      "models:\n  - { id: mine/one, quality: 4, encoding: o200k_base, context_window_tokens: 5000, " +
      "price: { input_mtok: 1, output_mtok: 4, cache_read_mtok: 0.1 } }\n",
  );
  await writeFile(join(folder, ".env"), "MY_KEY=secret\n");
  gateway = await openGateway({
    modelsFile,
    keysFile: join(folder, ".env"),
    environment: {},
    budgets: { day: 1, session: 0.5 },
    storage: async () => storage,
  });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function context(): CallContext {
  const services = { caller: LOCAL_CALLER, gateway: async () => gateway } as unknown as CallContext["services"];
  return { services, signal: new AbortController().signal, progress: () => {} };
}

async function answerOf(tool: Tool, input: unknown): Promise<Record<string, unknown>> {
  return (await runTool(tool, input, context())).value;
}

const asTool = (tool: unknown) => tool as Tool;

test("analyze_tokens counts a chat in OpenAI's form, with its parts", async () => {
  const value = await answerOf(asTool(analyzeTokens), {
    model: "mine/one",
    messages: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "How loud is it?" }] },
      { role: "assistant", content: null, tool_calls: [{ id: "1", function: { name: "loud", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "1", content: "-14 LUFS <|endoftext|>" },
    ],
    tools: [{ type: "function", function: { name: "loud", parameters: { type: "object", properties: {} } } }],
  });
  const { total_tokens, parts, ...rest } = value;
  expect(rest).toMatchObject({ method: "exact", expected_error_percent: 5, context_window_tokens: 5000 });
  expect(Object.values(Object(parts)).reduce<number>((sum, part) => sum + Number(part), 0)).toBe(total_tokens);
});

test.each([
  [
    "an image",
    { messages: [{ role: "user", content: [{ type: "image_url" }] }] },
    /messages\.0\.content.*images and audio/,
  ],
  ["an unknown role", { messages: [{ role: "robot", content: "x" }] }, /messages\.0\.role/],
  ["an unknown model", { model: "mine/two", messages: [] }, /There is no model "mine\/two"/],
  ["a tool without a name", { messages: [], tools: [{ type: "function", function: {} }] }, /tools\.0\.function\.name/],
])("analyze_tokens refuses %s and says what was expected", async (_name, input, message) => {
  const asked = answerOf(asTool(analyzeTokens), { model: "mine/one", ...input });
  await expect(asked).rejects.toMatchObject({ message: expect.stringMatching(message) });
});

test("analyze_cost prices what was used, and what a longer answer may cost", async () => {
  const used = { model: "mine/one", input_tokens: 1000, cached_tokens: 500, output_tokens: 100 };
  expect(await answerOf(asTool(analyzeCost), { ...used, max_output_tokens: 1000 })).toEqual({
    cost_usd: expect.closeTo(0.00095, 9),
    max_cost_usd: expect.closeTo(0.00455, 9),
    input_usd: expect.closeTo(0.00055, 9),
    output_usd: expect.closeTo(0.0004, 9),
    source: "models.yaml",
    why_null: null,
  });
  expect(await answerOf(asTool(analyzeCost), { ...used, audio_tokens: 10 })).toMatchObject({
    cost_usd: null,
    why_null: expect.stringContaining("audio"),
  });
  await expect(answerOf(asTool(analyzeCost), { ...used, output_tokens: -1 })).rejects.toThrow(
    /output_tokens.*0 or more/,
  );
});

describe("route_model", () => {
  test("chooses what has a key, says why the others are out, and stores the decision", async () => {
    const value = await answerOf(asTool(routeModel), { input_tokens: 500, needs: ["tools"] });
    expect(value).toMatchObject({
      model: "mine/one",
      candidates: [{ model: "mine/one", expected_usd: expect.closeTo(0.0025, 4) }],
      filtered: expect.arrayContaining([{ model: "openai/gpt-6-sol", reasons: ["no key: set OPENAI_API_KEY"] }]),
    });
    const read = await routeResource.read({ id: String(value.route_id) }, context());
    expect(read).toMatchObject({
      chosen: "mine/one",
      request: { input_tokens: 500, weights: { cost: 1 } },
      candidates: expect.arrayContaining([
        expect.objectContaining({ parts: expect.anything(), inputs: expect.anything() }),
      ]),
    });
    await expect(routeResource.read({ id: "rte_none" }, context())).rejects.toMatchObject({ kind: "not_found" });
  });

  test("without any model that fits it says what to do", async () => {
    const asked = answerOf(asTool(routeModel), { input_tokens: 500, local: "only" });
    await expect(asked).rejects.toMatchObject({ kind: "unavailable", message: expect.stringContaining("not local") });
  });
});

test("cost_report and hark://costs say what was spent, against the budgets", async () => {
  const events = gateway.chat({
    ...gateway.caller,
    payload: { messages: [{ role: "user", content: "Hi" }], tools: [] },
    task: "chat",
    maxOutputTokens: 100,
    localOnly: false,
    localFirst: false,
    model: "mine/one",
    maxCostUsd: null,
    weights: {},
    tool: "ask_track",
    signal: new AbortController().signal,
  });
  for await (const _event of events);
  expect(server.requests[0]?.headers.authorization).toBe("Bearer secret");
  expect(await answerOf(asTool(costReport), { by: "tool", days: 1 })).toEqual({
    calls: 1,
    cost_usd: 0.003,
    calls_of_unknown_cost: 0,
    rows: [{ name: "ask_track", calls: 1, cost_usd: 0.003, calls_of_unknown_cost: 0 }],
    budgets: [
      { scope: expect.stringMatching(/^day:20/), limit_usd: 1, spent_usd: 0.003, reserved_usd: 0, left_usd: 0.997 },
      { scope: "session", limit_usd: 0.5, spent_usd: 0, reserved_usd: 0, left_usd: 0.5 },
    ],
  });
  expect(await costsResource.read({}, context())).toMatchObject({
    cost_usd: 0.003,
    by_day: [{ calls: 1 }],
    by_model: [{ name: "mine/one" }],
  });
});

test("hark://models lists each model with its price and what it lacks", async () => {
  const { models } = Object(await modelsResource.read({}, context()));
  const byId = (id: string) => models.find((model: { id: string }) => model.id === id);
  expect(byId("mine/one")).toMatchObject({ available: true, input_usd_per_million: expect.closeTo(1, 6) });
  expect(byId("openai/gpt-6-sol")).toMatchObject({ available: false, why_unavailable: "set OPENAI_API_KEY" });
});
