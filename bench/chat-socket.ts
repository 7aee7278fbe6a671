/**
 * Measures how long a model's first word takes to the client of the chat's WebSocket, and to a reader of server-sent events, with the
 * scripted model server. `node bench/chat-socket.ts`. Client, Hark and model share a process, so these are upper bounds.
 */
import { writeFile } from "node:fs/promises";
import { pino } from "pino";
import { createApplication } from "../src/application.ts";
import { readConfig } from "../src/config.ts";
import { percentile } from "../src/dsp/statistics.ts";
import { createHttpApp } from "../src/http/app.ts";
import { listen } from "../src/http/listen.ts";
import { BaseRouter, type Question } from "../src/question/base-router.ts";
import type { QuestionEvent } from "../src/question/event.ts";
import type { Services } from "../src/tools/tool.ts";
import { chunk, llmServer, usageChunk } from "../tests/fixtures/llm-server.ts";
import { sine } from "../tests/fixtures/signals.ts";
import { wavFile } from "../tests/fixtures/wav.ts";
import { openChat } from "../tests/http/chat-client.ts";
import { readEvents } from "../tests/http/event-reader.ts";
import { uploadTrack } from "../tests/http/upload-track.ts";
import { temporaryHome } from "../tests/mcp/temporary-home.ts";

const RUNS = 200;
const WARM_UP_RUNS = 20;
/** As long as models take between words. */
const WORD_MS = 5;

/** One call of the model and nothing else: what is measured is the way of its words. */
class PlainRouter extends BaseRouter {
  readonly #services: Services;

  constructor(services: Services) {
    super();
    this.#services = services;
  }

  async *events({ text }: Question, signal: AbortSignal): AsyncGenerator<QuestionEvent, void, undefined> {
    const { chat, caller } = await this.#services.gateway();
    const request = {
      ...caller,
      payload: { messages: [{ role: "user", content: text } as const], tools: [] },
      task: "question",
      maxOutputTokens: 100,
      localOnly: false,
      localFirst: false,
      model: "here/model",
      maxCostUsd: null,
      weights: {},
      tool: null,
      signal,
    } as const;
    for await (const event of chat(request)) {
      if (event.type === "text") yield { type: "token", text: event.text };
      if (event.type === "done") yield answered(event.model);
    }
  }
}

function answered(model: string): QuestionEvent {
  const usage = { input_tokens: 0, cached_tokens: 0, output_tokens: 0 };
  const cost = { usd: 0, why_null: null };
  const rest = { corrected_from: null, claims: [], tools_called: [], session_id: null };
  return { type: "done", full_response: "", usage, cost, model, ...rest };
}

await using home = await temporaryHome();
// The server says when it sends the first word.
let sentAt = 0;
await using llm = await llmServer(() => {
  sentAt = performance.now();
  const words = ["It", " is", " loud."].flatMap((content) => [chunk({ content }), { waitMs: WORD_MS }]);
  return { stream: [...words, chunk({}, "stop"), usageChunk(100, 3)] };
});
const modelsFile = `${home.path}/models.yaml`;
await writeFile(
  modelsFile,
  `providers: { here: { base_url: "${llm.url}", price_source: free, local: true } }\nmodels: [{ id: here/model, encoding: o200k_base }]\n`,
);
const logger = pino({ level: "silent" });
const config = readConfig({ HARK_HOME: home.path, HARK_ROOTS: home.path, HARK_LLM_MODELS: modelsFile });
const { tools, servicesFor, security, files, settled, close } = createApplication(config, logger);
const mcp = { fetch: async () => new Response(), close: async () => {} };
const routerFor = async (own: Services) => new PlainRouter(own);
const server = await listen(
  createHttpApp({ tools, servicesFor, security, files, mcp, version: "0", logger, routerFor }),
  "127.0.0.1",
  0,
);
const trackId = await uploadTrack(server.url, wavFile([sine(440, 8000, 8000)], 8000));
await settled();

console.log("| from the model's first word | result | target |\n| --- | --- | --- |");

const chat = await openChat(server.url, trackId);
await measure("to the client of the WebSocket", async () => {
  chat.ask("How loud is it?");
  await chat.next("token");
  const ms = performance.now() - sentAt;
  await chat.next("done");
  return ms;
});
chat.socket.close();

await measure("to a reader of server-sent events", async () => {
  const body = JSON.stringify({ text: "How loud is it?" });
  const response = await fetch(`${server.url}/v1/tracks/${trackId}/questions`, { method: "POST", body });
  let ms: number | null = null;
  for await (const { event } of readEvents(response)) if (event === "token") ms ??= performance.now() - sentAt;
  return ms ?? Number.NaN;
});

await server.close();
await close();

async function measure(name: string, run: () => Promise<number>): Promise<void> {
  const times: number[] = [];
  for (let index = -WARM_UP_RUNS; index < RUNS; index++) {
    const ms = await run();
    if (index >= 0) times.push(ms);
  }
  const at = (percent: number) => percentile(times, percent).toFixed(1);
  console.log(`| ${name} | median ${at(50)} ms, p90 ${at(90)} ms, p99 ${at(99)} ms | 30 ms |`);
}
