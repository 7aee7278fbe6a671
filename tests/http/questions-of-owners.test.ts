/** Questions over HTTP with the real router: each owner asks about its own tracks, in its own conversations. Only the model is scripted. */
import { setTimeout as sleep } from "node:timers/promises";
import { SignJWT } from "jose";
import { afterAll, expect, test } from "vitest";
import { callsAnswer, type LlmRequest, llmServer, textAnswer } from "../fixtures/llm-server.ts";
import { scriptedConfig } from "../tools/scripted-gateway.ts";
import { openChat } from "./chat-client.ts";
import { readEvents } from "./event-reader.ts";
import { type KeyHolder, sendJson, startTwoOwners } from "./two-owners.ts";

const LEVEL_DBFS = -9.03;

const model = await llmServer(({ body }: LlmRequest) => {
  const messages = body.messages ?? [];
  const [, track_id] = /track_id "(trk_\w+)"/.exec(String(messages[0]?.content)) ?? [];
  if (messages.at(-1)?.role !== "tool") return callsAnswer([{ name: "analyse_temporal", arguments: { track_id } }]);
  return textAnswer([`The level is ${LEVEL_DBFS} dBFS RMS.`]);
});
const config = await scriptedConfig(model.url);
const SECRET = "a-secret-of-tests-with-at-least-32-bytes";
const hark = await startTwoOwners({ ...config.environment, HARK_JWT_SECRET: SECRET });

afterAll(async () => {
  await hark[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

const credential = ({ key }: KeyHolder) => ({ headers: { authorization: `Bearer ${key}` } });

async function trackOf(holder: KeyHolder, name: string, hz: number): Promise<string> {
  const { json } = await holder.tool("add_track", { path: await hark.writeSine(name, hz) });
  return String(json.track_id);
}

const annsTrack = await trackOf(hark.ann, "ann.wav", 300);
const bensTrack = await trackOf(hark.ben, "ben.wav", 301);

async function chatOnce(holder: KeyHolder, trackId: string, question: object) {
  await using chat = await openChat(hark.url, trackId, credential(holder));
  chat.send({ type: "question", ...question });
  // Awaited here: the chat closes when this returns.
  return await Promise.race([chat.next("done"), chat.next("error")]);
}

test("a question over the WebSocket is answered, checked, paid for by its owner and kept in its conversation", async () => {
  await using chat = await openChat(hark.url, annsTrack, credential(hark.ann));
  expect(await chat.next("status")).toMatchObject({ track: { track_id: annsTrack } });
  chat.ask("How loud is it?");
  expect(await chat.next("tool_call")).toMatchObject({ tool: "analyse_temporal" });
  expect(await chat.next("tool_result")).toMatchObject({ success: true });
  expect(await chat.next("token")).toMatchObject({ text: expect.stringContaining("dBFS") });
  const done = await chat.next("done");
  expect(done).toMatchObject({
    claims: [{ value: LEVEL_DBFS, status: "supported", tool: "analyse_temporal" }],
    session_id: expect.stringMatching(/^ses_/),
    cost: { usd: expect.any(Number) },
  });
  const spent = (holder: KeyHolder) => holder.tool("cost_report", {}).then(({ json }) => json.cost_usd);
  expect(await spent(hark.ann)).toBeGreaterThan(0);
  expect(await spent(hark.ben)).toBe(0);
});

test("a conversation goes on over server-sent events, and is nobody else's", async () => {
  const { session_id } = await chatOnce(hark.ann, annsTrack, { text: "How loud is it?" });
  const body = JSON.stringify({ text: "And now?", session_id });
  const { headers } = credential(hark.ann);
  const before = model.requests.length;
  const response = await fetch(`${hark.url}/v1/tracks/${annsTrack}/questions`, { method: "POST", body, headers });
  const events: string[] = [];
  for await (const { event } of readEvents(response)) events.push(event);
  expect(events.at(-1)).toBe("done");
  expect(JSON.stringify(model.requests[before]?.body.messages)).toContain("How loud is it?");

  const stolen = await chatOnce(hark.ben, bensTrack, { text: "What did she say?", session_id });
  const invented = await chatOnce(hark.ben, bensTrack, { text: "What did she say?", session_id: "ses_00" });
  expect(stolen).toMatchObject({ type: "error", kind: "not_found" });
  expect(String(stolen.message).replace(String(session_id), "ses_00")).toBe(invented.message);
});

test("another owner's track is no track, and a stranger is told to bring a key", async () => {
  const others = await openChat(hark.url, annsTrack, credential(hark.ben));
  const nothing = await openChat(hark.url, "trk_00000000000000000000", credential(hark.ben));
  const [{ code, reason }, none] = [await others.closed, await nothing.closed];
  expect([code, none.code]).toEqual([4004, 4004]);
  expect(reason.replace(annsTrack, "trk_00000000000000000000")).toBe(none.reason);
  expect((await (await openChat(hark.url, annsTrack)).closed).code).toBe(4001);
  const wrong = await openChat(hark.url, annsTrack, { headers: { authorization: "Bearer hk_wrong" } });
  expect((await wrong.closed).code).toBe(4001);
  const url = `${hark.url}/v1/tracks/${annsTrack}/questions`;
  const body = JSON.stringify({ text: "How loud is it?" });
  expect((await fetch(url, { method: "POST", body, ...credential(hark.ben) })).status).toBe(404);
  expect((await fetch(url, { method: "POST", body })).status).toBe(401);
});

test("a browser brings its key in the query of the WebSocket", async () => {
  const chat = await openChat(`${hark.url}`, `${annsTrack}`, credential(hark.ann));
  expect(await chat.next("status")).toBeDefined();
  chat.socket.close();
  const socket = new WebSocket(
    `${hark.url.replace("http", "ws")}/v1/tracks/${annsTrack}/chat?access_token=${hark.ann.key}`,
  );
  const first = await new Promise<string>((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(String(data));
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
  });
  expect(JSON.parse(first)).toMatchObject({ type: "status" });
  socket.close();
});

test("a key that may not ask can look on, and its question is refused", async () => {
  const reader = await hark.holder("ann", ["read"]);
  await using chat = await openChat(hark.url, annsTrack, credential(reader));
  await chat.next("status");
  chat.ask("How loud is it?");
  expect(await chat.next("error")).toMatchObject({ kind: "forbidden", message: expect.stringContaining('"ask"') });
});

test("a key that was revoked while its chat was open asks no more", async () => {
  const { key } = await hark.holder("ann");
  const [id = ""] = /^hk_[0-9a-f]+/.exec(key) ?? [];
  const chat = await openChat(hark.url, annsTrack, { headers: { "x-api-key": key } });
  chat.ask("How loud is it?");
  await chat.next("done");
  await hark.application.apiKeys.revoke(id);
  const before = model.requests.length;
  chat.ask("And now?");
  expect(await chat.next("error")).toMatchObject({ kind: "unauthorised" });
  expect((await chat.closed).code).toBe(4001);
  expect(model.requests.length).toBe(before);
});

test("a token that expires while its chat is open asks no more", async () => {
  // Clocks may differ by 30 s, so it holds for three or four more.
  const expiresAt = Math.floor(Date.now() / 1000) - 26;
  const token = await new SignJWT({ scope: "read write ask files" })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("carol")
    .setExpirationTime(expiresAt)
    .sign(new TextEncoder().encode(SECRET));
  const path = await hark.writeSine("carol.wav", 302);
  const carol = { authorization: `Bearer ${token}` };
  const { json } = await sendJson(`${hark.url}/v1/tools/add_track`, "POST", carol, { path });
  const chat = await openChat(hark.url, `${json.track_id}`, { headers: carol });
  await chat.next("status");
  await sleep(4200);
  chat.ask("How loud is it?");
  expect(await chat.next("error")).toMatchObject({ kind: "unauthorised" });
  expect((await chat.closed).code).toBe(4001);
});

test("each question of a chat is a request of a key that has so many", async () => {
  const { key } = await hark.holder("ann", undefined, 2);
  await using chat = await openChat(hark.url, annsTrack, { headers: { "x-api-key": key } });
  chat.ask("How loud is it?");
  await chat.next("done");
  chat.ask("And now?");
  expect(await chat.next("error")).toMatchObject({ kind: "forbidden", message: expect.stringContaining("used up") });
});
