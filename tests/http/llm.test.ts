/** The gateway over HTTP: real requests against the scripted model server. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import {
  type Answer,
  callPiece,
  chunk,
  type LlmServer,
  llmServer,
  textAnswer,
  usageChunk,
} from "../fixtures/llm-server.ts";
import { allEvents, readEvents } from "./event-reader.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

type Json = Record<string, unknown>;

const MESSAGES = [{ role: "user", content: "How loud?" }];

const folder = await mkdtemp(join(tmpdir(), "hark-models-"));

/** What the model server answers to whatever comes next. */
let script: readonly Answer[] = [];
let calls = 0;
const llm: LlmServer = await llmServer(() => script[Math.min(calls++, script.length - 1)] ?? { status: 500 });
/** A million tokens cost 1 USD as input and 4 as output; under the key a tenth of a cent may be spent. */
const server = await serverWith(
  `models: [{ id: here/model, encoding: o200k_base, price: { input_mtok: 1, output_mtok: 4 } }, { id: here/free, encoding: o200k_base, price: free }]`,
  { HARK_BUDGET_KEY_USD: "0.01" },
);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await llm[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function serverWith(models: string, settings: Record<string, string>): Promise<TestServer> {
  const file = join(folder, `${randomUUID()}.yaml`);
  const shipped = ["openai", "anthropic", "gemini", "openrouter", "ollama", "mlx", "lmstudio", "vllm"];
  const disabled = shipped.map((name) => `${name}: { disabled: true }`).join(", ");
  await writeFile(file, `providers: { here: { base_url: "${llm.url}", local: true }, ${disabled} }\n${models}\n`);
  return startTestServer({ HARK_LLM_MODELS: file, ...settings });
}

function answers(...next: readonly Answer[]): void {
  script = next;
  calls = 0;
}

function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${server.url}${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function json(response: Response): Promise<{ status: number; json: Json }> {
  return { status: response.status, json: Object(await response.json()) };
}

const chat = async (body: Json) =>
  json(await post("/v1/llm/chat", { model: "here/free", messages: MESSAGES, ...body }));

async function keyBudget(): Promise<Json> {
  const { budgets } = Object((await json(await fetch(`${server.url}/v1/gateway/report`))).json);
  return Object(budgets.find(({ scope }: Json) => String(scope).startsWith("key")));
}

describe("POST /v1/llm/chat", () => {
  test("answers in one piece, with the model, usage and cost", async () => {
    answers(textAnswer(["It is ", "−14 LUFS."], [1000, 50]));
    const { status, json: answer } = await chat({ model: "here/model", max_output_tokens: 100 });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      model: "here/model",
      text: "It is −14 LUFS.",
      tool_calls: [],
      finish_reason: "stop",
      usage: { input_tokens: 1000, cached_tokens: 0, output_tokens: 50, reasoning_tokens: 0, reported: true },
      cost: { usd: expect.closeTo(0.0012, 10), why_null: null },
      tries: 1,
    });
    expect(answer.route_id).toMatch(/^\w+/);
    expect(await keyBudget()).toMatchObject({ spent_usd: expect.closeTo(0.0012, 10), reserved_usd: 0 });
  });

  test("passes messages and tools on, and tool calls back", async () => {
    const pieces = [
      callPiece(0, { id: "call_1", name: "loudness", arguments: '{"a"' }),
      callPiece(0, { arguments: ":1}" }),
    ];
    answers({ stream: [...pieces.map((piece) => chunk(piece)), chunk({}, "tool_calls"), usageChunk(5, 5)] });
    const parameters = { type: "object", properties: {} };
    const tools = [{ type: "function", function: { name: "loudness", description: "d", parameters } }];
    const content = [
      { type: "text", text: "How " },
      { type: "text", text: "loud?" },
    ];
    const { json: answer } = await chat({
      tools,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content },
      ],
    });
    expect(answer.tool_calls).toEqual([
      { id: "call_1", type: "function", function: { name: "loudness", arguments: '{"a":1}' } },
    ]);
    const sent = llm.requests.at(-1)?.body;
    expect(sent).toMatchObject({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "How loud?" },
      ],
    });
    expect(sent?.tools).toMatchObject(tools);
  });

  test("chooses a model, tries again and falls back", async () => {
    answers({ status: 429, headers: { "retry-after": "0" } }, textAnswer(["ok"]));
    const { json: answer } = await json(await post("/v1/llm/chat", { messages: MESSAGES, max_output_tokens: 10 }));
    expect(answer).toMatchObject({ text: "ok", tries: 2 });
    expect(String(answer.model)).toMatch(/^here\//);
  });

  test("over the budget is answered 402 before anything is sent", async () => {
    const before = llm.requests.length;
    const { status, json: problem } = await chat({ model: "here/model", max_output_tokens: 4000 });
    expect([status, problem.kind]).toEqual([402, "over_budget"]);
    const capped = await chat({ model: "here/model", max_output_tokens: 1000, max_cost_usd: 0.0001 });
    expect([capped.status, capped.json.kind]).toEqual([402, "over_budget"]);
    expect(llm.requests).toHaveLength(before);
    expect(await keyBudget()).toMatchObject({ reserved_usd: 0 });
  });

  test.each<[string, Answer, number, string]>([
    ["a refused key", { status: 401 }, 502, "unauthorised"],
    ["a model that is not there", { status: 404 }, 404, "not_found"],
    ["too many requests", { status: 429, headers: { "retry-after": "3600" } }, 429, "rate_limited"],
    ["no credit", { status: 402 }, 503, "unavailable"],
    ["a chat that is too long", { status: 413 }, 400, "invalid_input"],
    ["a server that fails", { status: 500 }, 502, "upstream"],
    ["a stream that is cut", { stream: [chunk({ content: "It" }), "cut"] }, 502, "upstream"],
  ])("%s", async (_name, answer, status, kind) => {
    // A model of its own: the circuit breaker would close the common one.
    answers(answer);
    await using own = await serverWith(`models: [{ id: here/failing, encoding: o200k_base, price: free }]`, {});
    const body = JSON.stringify({ model: "here/failing", messages: MESSAGES });
    const response = await fetch(`${own.url}/v1/llm/chat`, { method: "POST", body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ kind, status });
    if (status === 429) expect(response.headers.get("retry-after")).toBe("3600");
  });

  test.each<[string, Json, number]>([
    ["no messages", { messages: [] }, 400],
    ["messages that are none", { messages: [{ role: "king" }] }, 400],
    ["a picture", { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }] }, 400],
    ["no room for an answer", { max_output_tokens: 0 }, 400],
    ["an unknown task", { task: "paint" }, 400],
    ["an unknown field", { temperature: 1 }, 400],
    ["an unknown model", { model: "there/model" }, 404],
  ])("%s is a problem", async (_name, body, status) => {
    expect((await chat(body)).status).toBe(status);
  });

  test("leaving closes the model's connection and settles", async () => {
    answers({ stream: [chunk({ content: "It is" }), { waitMs: 60_000 }] });
    const before = { abandoned: llm.abandoned(), ...(await keyBudget()) } as Json;
    const asked = llm.requests.length;
    const leaving = new AbortController();
    const body = { model: "here/model", messages: MESSAGES, max_output_tokens: 100 };
    const left = post("/v1/llm/chat", body, leaving.signal).catch(() => "left");
    await expect.poll(() => llm.requests.length).toBe(asked + 1);
    await sleep(200);
    leaving.abort();
    expect(await left).toBe("left");
    await expect.poll(() => llm.abandoned()).toBe(Number(before.abandoned) + 1);
    await expect.poll(keyBudget).toMatchObject({ reserved_usd: 0 });
    expect((await keyBudget()).spent_usd).toBeGreaterThan(Number(before.spent_usd));
  });
});

describe("POST /v1/llm/stream", () => {
  const stream = (body: Json, signal?: AbortSignal) =>
    post("/v1/llm/stream", { model: "here/free", messages: MESSAGES, ...body }, signal);

  test("gives words as they come, and the end", async () => {
    answers(textAnswer(["It ", "is."], [10, 2]));
    const response = await stream({});
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = await allEvents(response);
    expect(events.map(({ event }) => event)).toEqual(["model", "token", "token", "done"]);
    expect(events.at(-1)?.data).toMatchObject({
      type: "done",
      model: "here/free",
      usage: { output_tokens: 2 },
      tries: 1,
    });
  });

  test("what fails before the first word has a status, what fails later is an event", async () => {
    answers({ status: 404 });
    expect((await stream({})).status).toBe(404);
    expect((await stream({ model: "here/model", max_output_tokens: 4000 })).status).toBe(402);
    answers({ stream: [chunk({ content: "It" }), "cut"] });
    const events = await allEvents(await stream({}));
    expect(events.map(({ event }) => event)).toEqual(["model", "token", "error"]);
    expect(events.at(-1)?.data).toMatchObject({ kind: "upstream" });
  });

  test("a model that thinks for long gets its head sent, and its failure is an event", async () => {
    answers({ stream: [{ waitMs: 2500 }, "cut"] });
    const response = await stream({});
    expect(response.status).toBe(200);
    answers({ status: 404 });
    expect((await allEvents(response)).at(-1)?.event).toBe("error");
  });

  test("leaving closes the model's connection and settles", async () => {
    answers({ stream: [chunk({ content: "It" }), { waitMs: 60_000 }] });
    const before = llm.abandoned();
    const leaving = new AbortController();
    const events = readEvents(await stream({ model: "here/model", max_output_tokens: 100 }, leaving.signal));
    await events.next();
    await events.next();
    leaving.abort();
    await expect.poll(() => llm.abandoned()).toBe(before + 1);
    await expect.poll(keyBudget).toMatchObject({ reserved_usd: 0 });
  });
});

test("GET /v1/llm/models lists them", async () => {
  const { models } = Object((await json(await fetch(`${server.url}/v1/llm/models`))).json);
  expect(models).toMatchObject([{ id: "here/model", available: true, local: true }, { id: "here/free" }]);
});

describe("the gateway's tools, shown or not", () => {
  test.each<[string, Json, Json]>([
    ["tokens", { model: "here/model", messages: MESSAGES }, { method: "exact" }],
    ["cost", { model: "here/model", input_tokens: 1_000_000 }, { cost_usd: 1 }],
    ["route", { input_tokens: 100, local: "only" }, { route_id: expect.any(String) }],
  ])("POST /v1/gateway/%s", async (name, body, expected) => {
    expect(server.application.tools.map((tool) => tool.name)).not.toContain("analyze_cost");
    expect(await json(await post(`/v1/gateway/${name}`, body))).toMatchObject({ status: 200, json: expected });
    expect((await post(`/v1/gateway/${name}`, { colour: "red" })).status).toBe(400);
    expect((await fetch(`${server.url}/v1/gateway/${name}`)).headers.get("allow")).toBe("POST");
  });

  test("GET /v1/gateway/report", async () => {
    const report = await json(await fetch(`${server.url}/v1/gateway/report?by=model&days=1`));
    expect(report).toMatchObject({ status: 200, json: { calls: expect.any(Number), rows: expect.any(Array) } });
    expect((await fetch(`${server.url}/v1/gateway/report?by=colour`)).status).toBe(400);
    expect((await fetch(`${server.url}/v1/gateway/report?days=-1`)).status).toBe(400);
    expect((await post("/v1/gateway/report", {})).headers.get("allow")).toBe("GET");
  });
});
