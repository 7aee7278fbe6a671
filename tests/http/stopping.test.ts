/** A server that is told to stop while language models answer: what they cost is booked, over whichever surface they were asked. */
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createApplication } from "../../src/application.ts";
import { readConfig } from "../../src/config.ts";
import { chatRequest, LLM_REQUEST } from "../../src/http/llm-request.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { chunk, llmServer, type Step } from "../fixtures/llm-server.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { clientOf, connectHttp } from "../mcp/connect.ts";
import { startHttpServer } from "../mcp/http-server-process.ts";
import { temporaryHome } from "../mcp/temporary-home.ts";
import { createTestDatabase } from "../storage/test-database.ts";
import { scriptedConfig } from "../tools/scripted-gateway.ts";
import { openChat } from "./chat-client.ts";
import { uploadTrack } from "./upload-track.ts";

const SERVER = fileURLToPath(new URL("../../src/server.ts", import.meta.url));
const MOST_CLOSING_MS = 6000;

/** Half a minute of words. */
const SONG: readonly Step[] = Array.from({ length: 300 }, () => [{ waitMs: 100 }, chunk({ content: "la " })]).flat();

test("what is asked over every surface is booked or given back before the server ends", async () => {
  await using model = await llmServer(({ body }) =>
    JSON.stringify(body.messages).includes("silence")
      ? { stream: [{ waitMs: 30_000 }] }
      : { stream: [chunk({ role: "assistant", content: "" }), ...SONG] },
  );
  await using config = await scriptedConfig(model.url);
  await using home = await temporaryHome();
  const { databaseUrl } = await createTestDatabase();
  const settings = { HARK_HOME: home.path, HARK_ROOTS: home.path, DATABASE_URL: databaseUrl };
  const environment = { ...settings, ...config.environment, HARK_TOOLSETS: "default,question" };
  const server = await startHttpServer([SERVER, "--http"], environment);
  const url = server.url.replace(/\/mcp$/, "");
  const track_id = await uploadTrack(url, wavFile([sine(300, 8000, 8000)], 8000));
  const question = "Sing me something.";
  const post = (path: string, body: unknown) =>
    fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) }).then((response) => response.text());

  const chat = await openChat(url, track_id);
  chat.ask(question);
  const messages = (content: string) => ({ model: "mine/one", messages: [{ role: "user", content }] });
  const clients = await Promise.all(
    (["2025-11-25", "2026-07-28"] as const).map((era) => connectHttp(clientOf(era), server.url)),
  );
  const asked = [
    post(`/v1/tracks/${track_id}/questions`, { text: question }),
    post("/v1/llm/stream", messages(question)),
    post("/v1/llm/chat", messages(question)),
    post("/v1/llm/chat", messages("silence")),
    ...clients.map((client) => client.callTool({ name: "ask_track", arguments: { track_id, question } })),
  ];
  const ended = Promise.allSettled(asked);
  await expect.poll(() => model.requests.length, { timeout: 20_000 }).toBe(1 + asked.length);
  await chat.next("token");
  await new Promise((resolve) => setTimeout(resolve, 500));

  const startedAt = performance.now();
  expect(await server.close()).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(MOST_CLOSING_MS);
  await Promise.all([ended, chat.closed, ...clients.map((client) => client.close())]);
  const { sql, close } = await openDatabase({ home: home.path, databaseUrl });
  const calls = await sql`select tool, status, cost_usd::float8 as usd from llm_calls order by status, tool`;
  await close();
  expect(calls).toHaveLength(1 + asked.length);
  expect(calls.filter(({ status }) => status === "reserved")).toEqual([]);
  expect(calls.filter(({ status, usd }) => status === "settled" && usd > 0)).toHaveLength(asked.length);
}, 60_000);

test("an application that closes right after a call was broken off has booked it", async () => {
  await using model = await llmServer([{ stream: [chunk({ role: "assistant", content: "" }), ...SONG] }]);
  await using config = await scriptedConfig(model.url);
  const { databaseUrl, home } = await createTestDatabase();
  const settings = { HARK_HOME: home, DATABASE_URL: databaseUrl, ...config.environment };
  const application = createApplication(readConfig(settings), pino({ level: "silent" }));
  const { services } = application;
  const leaving = new AbortController();
  const input = LLM_REQUEST.parse({ model: "mine/one", messages: [{ role: "user", content: "Sing." }] });
  const events = (await services.gateway()).chat(chatRequest(input, services, leaving.signal));
  const spoken = Promise.withResolvers<void>();
  const heard = (async () => {
    for await (const { type } of events) if (type === "text") spoken.resolve();
  })().catch(() => "cancelled");
  await spoken.promise;
  leaving.abort();
  await application.close();
  expect(await heard).toBe("cancelled");
  const { sql, close } = await openDatabase({ home, databaseUrl });
  const calls = await sql`select status, cost_usd::float8 > 0 as has_cost from llm_calls`;
  await close();
  expect([...calls]).toEqual([{ status: "settled", has_cost: true }]);
});
