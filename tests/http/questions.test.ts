/** Questions over HTTP: server-sent events and whole answers. The question router behind them is scripted. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { QuestionEvent } from "../../src/question/event.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { allEvents, readEvents } from "./event-reader.ts";
import { ANSWER, done, ScriptedRouter, type Step } from "./scripted-router.ts";
import { startTestServer } from "./test-server.ts";
import { uploadTrack } from "./upload-track.ts";

let router = new ScriptedRouter();
const server = await startTestServer({}, { routerFor: async () => router });
let trackId: string;

beforeAll(async () => {
  trackId = await uploadTrack(server.url, wavFile([sine(300, 8000, 8000)], 8000));
  await server.application.settled();
});

afterAll(() => server[Symbol.asyncDispose]());

interface Asking {
  readonly id?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

function ask(body: unknown, { id = trackId, accept = "text/event-stream", signal }: Asking = {}): Promise<Response> {
  return fetch(`${server.url}/v1/tracks/${id}/questions`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", accept },
    ...(signal === undefined ? {} : { signal }),
  });
}

function script(...steps: readonly Step[]): ScriptedRouter {
  router = new ScriptedRouter(() => steps);
  return router;
}

describe("as server-sent events", () => {
  test("the status, then the router's events as they are", async () => {
    script(...ANSWER);
    const response = await ask({ text: "How fast?", session_id: "ses_1" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const [status, ...answer] = await allEvents(response);
    expect(status).toMatchObject({ event: "status", data: { status: "ready", track: { track_id: trackId } } });
    expect(answer).toEqual(ANSWER.map((data) => ({ event: data.type, data })));
    expect(router.questions).toMatchObject([{ text: "How fast?", trackId, sessionId: "ses_1", model: null }]);
  });

  test("each as it comes", async () => {
    script({ type: "token", text: "one" }, { waitMs: 60_000 });
    const leaving = new AbortController();
    const events = readEvents(await ask({ text: "?" }, { signal: leaving.signal }));
    expect(await events.next()).toMatchObject({ value: { event: "status" } });
    expect(await events.next()).toMatchObject({ value: { event: "token" } });
    leaving.abort();
  });

  test("leaving stops the work", async () => {
    const { questions } = script({ type: "token", text: "one" }, { waitMs: 60_000 });
    const leaving = new AbortController();
    const events = readEvents(await ask({ text: "?" }, { signal: leaving.signal }));
    await events.next();
    await events.next();
    leaving.abort();
    await expect.poll(() => router.stopped).toBe(1);
    expect(questions).toHaveLength(1);
  });

  test("a failure is the last event", async () => {
    const failure: QuestionEvent = { type: "error", kind: "upstream", message: "It broke off." };
    script({ type: "token", text: "It" }, failure);
    expect((await allEvents(await ask({ text: "?" }))).at(-1)).toEqual({ event: "error", data: failure });
    script({ throws: new Error("secret") });
    const last = (await allEvents(await ask({ text: "?" }))).at(-1);
    expect(last).toMatchObject({ event: "error", data: { kind: "internal" } });
    expect(JSON.stringify(last)).not.toContain("secret");
  });

  test("a text with line breaks stays one event", async () => {
    script({ type: "token", text: "a\n\nb\r\nc\u2028" }, done("x"));
    const events = await allEvents(await ask({ text: "?" }));
    expect(events[1]).toEqual({ event: "token", data: { type: "token", text: "a\n\nb\r\nc\u2028" } });
  });
});

describe("in one piece", () => {
  const accept = "application/json";

  test("the end of the answer", async () => {
    script(...ANSWER);
    const response = await ask({ text: "How fast?" }, { accept });
    expect([response.status, await response.json()]).toEqual([200, done("It is 120 BPM.")]);
  });

  test.each([
    ["over_budget", 402],
    ["unavailable", 503],
    ["upstream", 502],
    ["rate_limited", 429],
    // Hark's own key was refused, not the caller's.
    ["unauthorised", 502],
  ] as const)("a failure of kind %s is answered %i", async (kind, status) => {
    script({ type: "error", kind, message: "Not today." });
    const response = await ask({ text: "?" }, { accept });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ kind, status, detail: "Not today." });
  });

  test("leaving stops the work", async () => {
    script({ waitMs: 60_000 });
    const leaving = new AbortController();
    const answer = ask({ text: "?" }, { accept, signal: leaving.signal }).catch(() => "left");
    await expect.poll(() => router.questions.length).toBe(1);
    leaving.abort();
    expect(await answer).toBe("left");
    await expect.poll(() => router.stopped).toBe(1);
  });
});

test.each<[string, unknown, Asking, number]>([
  ["no such track", { text: "?" }, { id: "trk_0" }, 404],
  ["no text", {}, {}, 400],
  ["an empty text", { text: " " }, {}, 400],
  ["too long a text", { text: "x".repeat(8001) }, {}, 400],
  ["an unknown field", { text: "?", volume: 11 }, {}, 400],
  ["no JSON", "{", {}, 400],
  ["no object", "[]", {}, 400],
])("%s is a problem", async (_name, body, how, status) => {
  script(...ANSWER);
  const response = await ask(body, how);
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(router.questions).toEqual([]);
});

test("other methods are not allowed; a server without a model says so", async () => {
  const get = await fetch(`${server.url}/v1/tracks/${trackId}/questions`);
  expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
  await using mute = await startTestServer();
  const id = await uploadTrack(mute.url, wavFile([sine(310, 8000, 8000)], 8000));
  const headers = { accept: "application/json" };
  const asked = { method: "POST", headers, body: '{"text":"?"}' };
  expect((await fetch(`${mute.url}/v1/tracks/${id}/questions`, asked)).status).toBe(503);
});
