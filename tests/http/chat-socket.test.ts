/** Chats over real WebSockets with a real client; the question router behind them is scripted. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { LOCAL_CALLER } from "../../src/caller.ts";
import { AppError } from "../../src/errors.ts";
import { chatRoutes } from "../../src/http/chat-socket.ts";
import type { HttpEnv } from "../../src/http/http-env.ts";
import { listen } from "../../src/http/listen.ts";
import { QUESTION_EVENT, type QuestionEvent } from "../../src/question/event.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { openChat } from "./chat-client.ts";
import { ANSWER, done, ScriptedRouter, type Step } from "./scripted-router.ts";
import { startTestServer } from "./test-server.ts";
import { uploadTrack } from "./upload-track.ts";

const RATE = 8000;
const KEEP_ALIVE_MS = 200;

let router = new ScriptedRouter();
const server = await startTestServer({}, { routerFor: async () => router, keepAliveMs: KEEP_ALIVE_MS });
let trackId: string;

beforeAll(async () => {
  trackId = await upload(300, 1);
  await server.application.settled();
});

afterAll(() => server[Symbol.asyncDispose]());

function upload(hz: number, seconds: number, url = server.url): Promise<string> {
  return uploadTrack(url, wavFile([sine(hz, RATE, seconds * RATE)], RATE));
}

/** Answers the questions of a test. */
function script(steps: (text: string) => Iterable<Step>): ScriptedRouter {
  router = new ScriptedRouter(({ text }) => steps(text));
  return router;
}

function* forever(): Generator<Step> {
  for (;;) yield* [{ type: "token", text: "la " } satisfies QuestionEvent, { waitMs: 10 }];
}

describe("an open chat", () => {
  test("begins with the track's status", async () => {
    await using chat = await openChat(server.url, trackId);
    const status = await chat.next("status");
    expect(status).toMatchObject({ status: "ready", track: { track_id: trackId, filename: "a.wav", status: "ready" } });
    expect(chat.events[0]).toBe(status);
  });

  test("tells how a recording is measured: status, thinking for each agent, status", async () => {
    const id = await upload(310, 60);
    await using chat = await openChat(server.url, id);
    await expect.poll(() => chat.events.at(-1), { timeout: 20_000 }).toMatchObject({ type: "status", status: "ready" });
    const statuses = chat.events.filter((event) => event.type === "status").map((event) => event.status);
    expect(["pending", "analyzing"]).toContain(statuses[0]);
    expect(statuses.slice(statuses.indexOf("analyzing"))).toEqual(["analyzing", "ready"]);
    const thinking = chat.events.filter((event) => event.type === "thinking");
    const agents = server.application.services.agents.map(({ name }) => name);
    expect(thinking.flatMap(({ agent }) => (agent === null ? [] : [agent])).sort()).toEqual([...agents].sort());
    expect(thinking.some(({ agent, message }) => agent === null && message === "measuring")).toBe(true);
    expect(thinking.at(-1)).toMatchObject({ share: 1, agents_done: agents.length, agents_total: agents.length });
  });

  test("tells of a recording that cannot be measured", async () => {
    const header = wavFile([sine(320, RATE, RATE)], RATE).subarray(0, 44);
    await using chat = await openChat(server.url, await uploadTrack(server.url, header));
    await expect
      .poll(() => chat.events.at(-1), { timeout: 20_000 })
      .toMatchObject({ type: "status", status: "failed" });
  });

  test("closes with 4004 when its track is removed while it is measured", async () => {
    const id = await upload(340, 60);
    const chat = await openChat(server.url, id);
    await chat.next("thinking");
    expect((await fetch(`${server.url}/v1/tracks/${id}`, { method: "DELETE" })).status).toBe(204);
    expect(await chat.closed).toMatchObject({ code: 4004 });
    expect((await fetch(`${server.url}/v1/tracks/${id}`)).status).toBe(404);
  });
});

describe("a question", () => {
  test("is answered by the router's events as they are", async () => {
    const { questions } = script(() => ANSWER);
    await using chat = await openChat(server.url, trackId);
    chat.send({ type: "question", text: " How fast? ", session_id: "ses_1", model: "test/m", max_cost_usd: 0.5 });
    await chat.next("done");
    expect(chat.events.slice(1)).toEqual(ANSWER);
    for (const event of chat.events.slice(1)) expect(QUESTION_EVENT.safeParse(event).success).toBe(true);
    expect(questions).toEqual([
      { text: "How fast?", trackId, history: [], sessionId: "ses_1", model: "test/m", maxCostUsd: 0.5 },
    ]);
    chat.ask("And how loud?");
    await chat.next("done");
    expect(chat.events).toHaveLength(1 + 2 * ANSWER.length);
  });

  test("that the router fails on, in whatever way, ends with an error", async () => {
    const failure: QuestionEvent = { type: "error", kind: "over_budget", message: "No money." };
    script((text) => (text === "throws" ? [{ throws: new Error("secret") }] : text === "ends" ? [] : [failure]));
    await using chat = await openChat(server.url, trackId);
    chat.ask("fails");
    expect(await chat.next("error")).toEqual(failure);
    chat.ask("throws");
    const internal = await chat.next("error");
    expect(internal).toMatchObject({ kind: "internal" });
    expect(JSON.stringify(internal)).not.toContain("secret");
    chat.ask("ends");
    expect(await chat.next("error")).toMatchObject({ kind: "internal" });
  });

  test("is asked alone: a second one is refused, and the first goes on", async () => {
    script(() => [{ type: "token", text: "one" }, { waitMs: 300 }, done("one")]);
    await using chat = await openChat(server.url, trackId);
    chat.ask("first");
    await chat.next("token");
    chat.ask("second");
    expect(await chat.next("error")).toMatchObject({ kind: "invalid_input", refused: true });
    expect(await chat.next("done")).toMatchObject({ full_response: "one" });
    expect(router.questions).toHaveLength(1);
  });

  test("can be cancelled, and another asked", async () => {
    script((text) => (text === "long" ? forever() : ANSWER));
    await using chat = await openChat(server.url, trackId);
    chat.send({ type: "cancel" });
    expect(await chat.next("error")).toMatchObject({ refused: true });
    chat.ask("long");
    await chat.next("token");
    chat.send({ type: "cancel" });
    expect(await chat.next("error")).toMatchObject({ kind: "cancelled" });
    expect(router.stopped).toBe(1);
    chat.ask("short");
    await chat.next("done");
  });

  test("stops when the socket closes", async () => {
    script(forever);
    const chat = await openChat(server.url, trackId);
    chat.ask("long");
    await chat.next("token");
    chat.socket.terminate();
    await expect.poll(() => router.stopped).toBe(1);
  });

  test("about a track that was removed meanwhile closes with 4004", async () => {
    const id = await upload(330, 1);
    await server.application.settled();
    const chat = await openChat(server.url, id);
    await chat.next("status");
    await fetch(`${server.url}/v1/tracks/${id}`, { method: "DELETE" });
    chat.ask("Still there?");
    expect(await chat.closed).toMatchObject({ code: 4004 });
  });
});

describe("messages that are none", () => {
  test.each<[string, string | Buffer]>([
    ["no JSON", "{"],
    ["nothing", ""],
    ["no object", "[1]"],
    ["null", "null"],
    ["no type", "{}"],
    ["an unknown type", '{"type":"dance"}'],
    ["no text", '{"type":"question"}'],
    ["an empty text", '{"type":"question","text":"  "}'],
    ["a text of another type", '{"type":"question","text":7}'],
    ["too long a text", JSON.stringify({ type: "question", text: "x".repeat(8001) })],
    ["an unknown field", '{"type":"question","text":"x","volume":11}'],
    ["a negative budget", '{"type":"question","text":"x","max_cost_usd":-1}'],
    ["too long a message", JSON.stringify({ type: "question", text: "x".repeat(70_000) })],
    ["bytes", Buffer.from('{"type":"cancel"}')],
  ])("%s is refused, and the socket stays open", async (_name, message) => {
    const { questions } = script(() => ANSWER);
    await using chat = await openChat(server.url, trackId);
    chat.socket.send(message);
    expect(await chat.next("error")).toMatchObject({ kind: "invalid_input", refused: true });
    expect(questions).toEqual([]);
    chat.ask("And now?");
    await chat.next("done");
  });

  test("a message over a megabyte closes the socket", async () => {
    const chat = await openChat(server.url, trackId);
    chat.socket.send("x".repeat(1_100_000));
    expect(await chat.closed).toMatchObject({ code: 1009 });
  });
});

describe("who may not come in", () => {
  test.each(["trk_00000000000000000000", "etc%2Fpasswd", "x".repeat(300)])("no such track: %s", async (id) => {
    const chat = await openChat(server.url, id);
    const { code, reason } = await chat.closed;
    expect(code).toBe(4004);
    expect(reason).toContain("no track");
    expect(chat.events).toEqual([]);
  });

  test.each([
    ["unauthorised", 4001],
    ["forbidden", 4003],
  ] as const)("a caller who is %s is told after the upgrade", async (kind, code) => {
    const routes = chatRoutes({
      servicesOf: () => {
        throw new AppError(kind, "Bring a key.");
      },
      authenticate: async () => LOCAL_CALLER,
      limiter: { take: async () => null },
      routerFor: async () => router,
      logger: pino({ level: "silent" }),
      keepAliveMs: 1000,
    });
    const guarded = await listen(new Hono<HttpEnv>().route("/", routes), "127.0.0.1", 0);
    const chat = await openChat(guarded.url, trackId);
    expect(await chat.closed).toEqual({ code, reason: "Bring a key." });
    await guarded.close();
  });

  test("a foreign Origin gets no socket", async () => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/tracks/${trackId}/chat`, {
      origin: "http://evil.example",
    });
    const [, response] = await once(socket, "unexpected-response");
    expect(response.statusCode).toBe(403);
  });

  test("a request for no WebSocket is told to ask for one; other methods are not allowed", async () => {
    const get = await fetch(`${server.url}/v1/tracks/${trackId}/chat`);
    expect([get.status, get.headers.get("upgrade")]).toEqual([426, "websocket"]);
    const post = await fetch(`${server.url}/v1/tracks/${trackId}/chat`, { method: "POST" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET"]);
  });
});

describe("lines that are bad", () => {
  test("a client that answers no ping is cut off, one that does stays", async () => {
    script(forever);
    await using alive = await openChat(server.url, trackId);
    const dead = await openChat(server.url, trackId, { autoPong: false });
    dead.ask("long");
    expect(await dead.closed).toMatchObject({ code: 1006 });
    await expect.poll(() => router.stopped).toBe(1);
    await sleep(3 * KEEP_ALIVE_MS);
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });

  test("an answer waits for a reader that is slow, and is whole in the end", async () => {
    const tokens = 400;
    const text = "x".repeat(100_000);
    script(function* () {
      for (let n = 0; n < tokens; n++) yield { type: "token", text };
      yield done("");
    });
    const patient = await startTestServer({}, { routerFor: async () => router });
    const track_id = await upload(340, 1, patient.url);
    await patient.application.settled();
    await using chat = await openChat(patient.url, track_id);
    chat.ask("A lot, please");
    chat.socket.pause();
    await sleep(1000);
    expect(router.given).toBeLessThan(tokens / 2);
    chat.socket.resume();
    await chat.next("done");
    expect(chat.events.filter((event) => event.type === "token")).toHaveLength(tokens);
    await patient[Symbol.asyncDispose]();
  });

  test("a handshake that is never finished takes nothing down", async () => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    await once(socket, "connect");
    const head = `GET /v1/tracks/${trackId}/chat HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n`;
    socket.write(`${head}sec-websocket-version: 13\r\nsec-websocket-key: bad\r\n\r\n`);
    const [data] = await once(socket, "data");
    expect(String(data)).toContain("400");
    socket.destroy();
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });
});

test("a server that stops closes its chats with 1001 and stops their work", async () => {
  script(forever);
  const other = await startTestServer({}, { routerFor: async () => router });
  const track_id = await upload(350, 1, other.url);
  const chat = await openChat(other.url, track_id);
  chat.ask("long");
  await chat.next("token");
  await other[Symbol.asyncDispose]();
  expect(await chat.closed).toMatchObject({ code: 1001 });
  expect(router.stopped).toBe(1);
});
