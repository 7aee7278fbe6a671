/** Measures what the question router adds to a model's own time, and what a word waits in it. `node bench/question.ts`. */
import { createApplication } from "../src/application.ts";
import { readConfig } from "../src/config.ts";
import { percentile } from "../src/dsp/statistics.ts";
import type { QuestionEvent } from "../src/question/event.ts";
import { createLogger } from "../src/telemetry/log.ts";
import { questionRouterFor } from "../src/tools/question-router-for.ts";
import { createTools } from "../src/tools/registry.ts";
import { callsAnswer, chunk, type LlmRequest, llmServer, usageChunk } from "../tests/fixtures/llm-server.ts";
import { temporaryHome } from "../tests/mcp/temporary-home.ts";
import { scriptedConfig } from "../tests/tools/scripted-gateway.ts";

const SAMPLE = "samples/groove.wav";
const RUNS = 100;
const WARM_UP_RUNS = 10;
const WORDS = 40;
const MEASURED = ["analyse_rhythm", "analyse_loudness"];

/** When the server got each request of a question, and when it sent the first word of the answer. */
let receivedAt: number[] = [];
let spokeAt = 0;
let trackId = "";

await using home = await temporaryHome();
await using server = await llmServer(answer);
await using models = await scriptedConfig(server.url);
const config = readConfig({
  HARK_HOME: home.path,
  HARK_ROOTS: process.cwd(),
  HARK_BUDGET_DAY_USD: "100",
  ...models.environment,
});
const application = createApplication(config, createLogger("silent"));
const { services } = application;
const signal = new AbortController().signal;
const tools = createTools(services.agents);

const track = await services.library.resolve(SAMPLE, signal);
trackId = track.id;
const router = await questionRouterFor({ tools, services });
// The first one measures, and loads tokenizer and client.
const first = await timedQuestion();
await application.settled();

const runs: Awaited<ReturnType<typeof timedQuestion>>[] = [];
for (let index = -WARM_UP_RUNS; index < RUNS; index++) {
  const run = await timedQuestion();
  if (index >= 0) runs.push(run);
}

console.log("| measurement | result |\n| --- | --- |");
row("reading a row of the database, for comparison", await rowTimes());
console.log(`| the first question, which measures the recording | ${first.wholeMs.toFixed(0)} ms |`);
row(
  "from the question to the model's first request",
  runs.map((run) => run.firstRequestMs),
);
row(
  `from the model's calls of ${MEASURED.length} tools (stored) to its next request`,
  runs.map((run) => run.toolRoundMs),
);
row(
  "from the last word to the end: claims, ledger",
  runs.map((run) => run.endMs),
);
row(
  "all that is not the model's: the sum of these",
  runs.map((run) => run.overheadMs),
);
row(
  "from the model's first word to the caller's",
  runs.map((run) => run.firstTokenMs),
);
row(
  "a whole question with a model that takes no time",
  runs.map((run) => run.wholeMs),
);

await application.close();

/** One call of tools, then an answer; all is sent at once. */
function answer({ body }: LlmRequest) {
  receivedAt.push(performance.now());
  const hasMeasured = (body.messages ?? []).some((message) => Object(message).role === "tool");
  if (!hasMeasured) return callsAnswer(MEASURED.map((name) => ({ name, arguments: { track_id: trackId } })));
  spokeAt = performance.now();
  const words = Array.from({ length: WORDS }, (_, index) => chunk({ content: index % 8 === 0 ? "112 BPM " : "word " }));
  return { stream: [...words, chunk({}, "stop"), usageChunk(3000, WORDS)] };
}

async function timedQuestion() {
  receivedAt = [];
  const askedAt = performance.now();
  const seenAt: Partial<Record<QuestionEvent["type"], number>> = {};
  let lastWordAt = 0;
  const question = { text: "How fast and how loud is it?", trackId, history: [], sessionId: null };
  for await (const event of router.events({ ...question, model: "mine/one", maxCostUsd: null }, signal)) {
    const now = performance.now();
    if (event.type === "error") throw new Error(event.message);
    if (event.type === "token") lastWordAt = now;
    seenAt[event.type] ??= now;
  }
  const endedAt = performance.now();
  const [firstRequest = 0, secondRequest = 0] = receivedAt;
  const firstRequestMs = firstRequest - askedAt;
  const toolRoundMs = secondRequest - firstRequest;
  const endMs = endedAt - lastWordAt;
  return {
    firstRequestMs,
    toolRoundMs,
    endMs,
    overheadMs: firstRequestMs + toolRoundMs + endMs,
    firstTokenMs: (seenAt.token ?? 0) - spokeAt,
    wholeMs: endedAt - askedAt,
  };
}

async function rowTimes(): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < RUNS; index++) {
    const began = performance.now();
    await services.library.find("trk_none");
    times.push(performance.now() - began);
  }
  return times;
}

function row(name: string, times: readonly number[]): void {
  const at = (percent: number) => percentile(times, percent).toFixed(1);
  console.log(`| ${name} | median ${at(50)} ms, p90 ${at(90)} ms |`);
}
