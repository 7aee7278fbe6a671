/** Measures the gateway without a model's own time: choosing, counting, and what a chat adds. `node bench/gateway.ts`. */
import { writeFile } from "node:fs/promises";
import { AGENTS } from "../src/agents/registry.ts";
import { percentile } from "../src/dsp/statistics.ts";
import type { ChatPayload } from "../src/gateway/chat.ts";
import { chatTokens } from "../src/gateway/chat-tokens.ts";
import { loadEncoder } from "../src/gateway/encoder.ts";
import { openGateway } from "../src/gateway/gateway.ts";
import { openStorage } from "../src/storage/storage.ts";
import { openAiFunction } from "../src/tools/projections.ts";
import { createTools } from "../src/tools/registry.ts";
import { chunk, llmServer, usageChunk } from "../tests/fixtures/llm-server.ts";
import { temporaryHome } from "../tests/mcp/temporary-home.ts";

const RUNS = 200;
const WARM_UP_RUNS = 20;

await using home = await temporaryHome();
const storage = await openStorage({ home: home.path });
const environment = { OPENAI_API_KEY: "none", ANTHROPIC_API_KEY: "none", GEMINI_API_KEY: "none" };
const files = { modelsFile: `${home.path}/models.yaml`, keysFile: `${home.path}/.env` };
const gateway = await openGateway({ ...files, environment, budgets: { day: 100 }, storage: async () => storage });
const request = {
  ...gateway.caller,
  task: "question",
  localOnly: false,
  localFirst: false,
  model: null,
  maxCostUsd: null,
  weights: {},
} as const;

console.log("| measurement | result |\n| --- | --- |");

row("reading a row of the database, for comparison", await timed(() => storage.ledger.balance("none")));
const route = () =>
  gateway.route({ ...request, inputTokens: 3000, outputTokens: { low: 500, high: 1000 }, needs: ["tools"] });
row(`choosing between ${gateway.registry.models.length} models, stored`, await timed(route));

const tools = createTools(AGENTS).map((tool) => Object(openAiFunction(tool)).function as ChatPayload["tools"][number]);
const payload: ChatPayload = {
  messages: [{ role: "user", content: "How fast is it, and how loud? ".repeat(20) }],
  tools,
};
const startedAt = performance.now();
const count = await loadEncoder("o200k_base");
console.log(`| loading a tokenizer | ${(performance.now() - startedAt).toFixed(0)} ms |`);
row(`counting a question with ${tools.length} tools`, await timed(async () => chatTokens(payload, count)));

// The server says when it sent the first word, so that its own time and ours are told apart.
let sentAt = 0;
const server = await llmServer(() => {
  sentAt = performance.now();
  return { stream: [chunk({ content: "It" }), chunk({ content: " is." }), chunk({}, "stop"), usageChunk(100, 2)] };
});
const local = await openLocal(server.url);
const firstWordMs: number[] = [];
const beforeMs: number[] = [];
const wholeMs = await timed(async () => {
  const asked = performance.now();
  const chat = {
    ...request,
    payload: { ...payload, tools: [] },
    maxOutputTokens: 100,
    tool: null,
    model: "here/model",
  };
  for await (const event of local.chat({ ...chat, signal: new AbortController().signal })) {
    if (event.type !== "text" || event.text !== "It") continue;
    firstWordMs.push(performance.now() - sentAt);
    beforeMs.push(sentAt - asked);
  }
});
row("a chat until its request is at the server: count, choose, reserve", beforeMs.slice(WARM_UP_RUNS));
row("from the server's first word to the caller's", firstWordMs.slice(WARM_UP_RUNS));
row("a whole chat with a model that takes no time", wholeMs);

await server[Symbol.asyncDispose]();
await storage.close();

async function openLocal(url: string) {
  await writeFile(
    files.modelsFile,
    `providers: { here: { base_url: "${url}", price_source: free, local: true } }\nmodels: [{ id: here/model, encoding: o200k_base }]\n`,
  );
  return openGateway({ ...files, environment: {}, budgets: { day: 100 }, storage: async () => storage });
}

async function timed(run: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let index = -WARM_UP_RUNS; index < RUNS; index++) {
    const began = performance.now();
    await run();
    if (index >= 0) times.push(performance.now() - began);
  }
  return times;
}

function row(name: string, times: readonly number[]): void {
  const at = (percent: number) => percentile(times, percent).toFixed(1);
  console.log(`| ${name} | median ${at(50)} ms, p90 ${at(90)} ms |`);
}
