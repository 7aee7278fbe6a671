/** Whatever takes a track or a session: another owner's is answered word for word like one that never was. New tools are in it by themselves. */
import { afterAll, expect, test } from "vitest";
import { AGENTS } from "../../src/agents/registry.ts";
import { createTools } from "../../src/tools/registry.ts";
import { llmServer, textAnswer } from "../fixtures/llm-server.ts";
import { scriptedConfig } from "../tools/scripted-gateway.ts";
import { openChat } from "./chat-client.ts";
import { type KeyHolder, sendJson, startTwoOwners } from "./two-owners.ts";

const model = await llmServer(() => textAnswer(["It is a sine."]));
const config = await scriptedConfig(model.url);
const settings = { HARK_TOOLSETS: "default,gateway,question,processing", HARK_RATE_LIMIT: "off" };
const hark = await startTwoOwners({ ...config.environment, ...settings });

afterAll(async () => {
  await hark[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

async function trackOf(holder: KeyHolder, name: string, hz: number): Promise<string> {
  return String((await holder.tool("add_track", { path: await hark.writeSine(name, hz) })).json.track_id);
}

const annsTrack = await trackOf(hark.ann, "ann.wav", 300);
const bensTrack = await trackOf(hark.ben, "ben.wav", 301);
await hark.ann.tool("analyse_temporal", { track_id: annsTrack });
const asked = await hark.ann.tool("ask_track", { track_id: annsTrack, question: "What is it?" });
const annsSession = String(asked.json.session_id);

const never = (id: string) => id.replace(/[0-9a-f]{8}$/, (end) => (end === "00000000" ? "00000001" : "00000000"));
const ask = (id: string, body: object, accept = "application/json") => {
  const headers = { authorization: `Bearer ${hark.ben.key}`, accept };
  return sendJson(`${hark.url}/v1/tracks/${id}/questions`, "POST", headers, body);
};
const authorization = { headers: { authorization: `Bearer ${hark.ben.key}` } };

/** What a tool needs besides the id. */
const OTHER_ARGUMENTS: Readonly<Record<string, object>> = {
  get_series: { agent: "temporal", series: "envelope" },
  ask_track: { question: "What is it?" },
  apply_effects: { effects: [{ type: "gain", gain_db: 1 }] },
  convert_audio: { format: "wav" },
};

type Attempt = (id: string) => Promise<unknown>;

function attemptsOf(field: string, fixed: (names: readonly string[]) => object): [string, Attempt][] {
  return createTools(AGENTS)
    .filter(({ input }) => field in input.shape)
    .map(({ name, input, toolset }) => {
      const others = { ...OTHER_ARGUMENTS[name], ...fixed(Object.keys(input.shape)) };
      // An operation works on each track by itself: ben's own would be a job.
      const reference = (id: string) =>
        field !== "track_ids" ? id : toolset === "processing" ? [id] : [bensTrack, id];
      return [name, (id) => hark.ben.tool(name, { ...others, [field]: reference(id) })];
    });
}

const BY_TRACK: [string, Attempt][] = [
  ...attemptsOf("track_id", () => ({})),
  ...attemptsOf("track_ids", () => ({})),
  ...attemptsOf("similar_to", () => ({})),
  ["GET a track", (id) => hark.ben.send("GET", `/v1/tracks/${id}`)],
  ["DELETE a track", (id) => hark.ben.send("DELETE", `/v1/tracks/${id}`)],
  ["a question", (id) => ask(id, { text: "What is it?" })],
  ["a question as a stream", (id) => ask(id, { text: "What is it?" }, "text/event-stream")],
  ["a question that is none", (id) => ask(id, {})],
  ["a chat", async (id) => (await openChat(hark.url, id, authorization)).closed],
];

const BY_SESSION: [string, Attempt][] = [
  ...attemptsOf("session_id", (names) => (names.includes("track_id") ? { track_id: bensTrack } : {})),
  ["a question", (id) => ask(bensTrack, { text: "What is it?", session_id: id })],
  [
    "a question in a chat",
    async (id) => {
      await using chat = await openChat(hark.url, bensTrack, authorization);
      chat.send({ type: "question", text: "What is it?", session_id: id });
      return await chat.next("error");
    },
  ],
];

/** An answer without what every answer has of its own. */
function told(answer: unknown, id: string): string {
  const { headers: _, ...rest } = Object(answer);
  return JSON.stringify(rest)
    .replaceAll(id, "ID")
    .replace(/"request_id":"[^"]*"/, "");
}

test("there are such tools, a track and a session of ann", () => {
  expect(BY_TRACK.length).toBeGreaterThan(18);
  expect(BY_SESSION.length).toBeGreaterThanOrEqual(4);
  expect(annsSession).toMatch(/^ses_[0-9a-f]{8}/);
  expect(annsTrack).toMatch(/^trk_[0-9a-f]{8}/);
});

test.each(BY_TRACK)("by track: %s", async (_name, attempt) => {
  const foreign = told(await attempt(annsTrack), annsTrack);
  expect(foreign).toBe(told(await attempt(never(annsTrack)), never(annsTrack)));
  expect(foreign).toMatch(/There is no track|"removed":false/);
});

test.each(BY_SESSION)("by session: %s", async (_name, attempt) => {
  const foreign = told(await attempt(annsSession), annsSession);
  expect(foreign).toBe(told(await attempt(never(annsSession)), never(annsSession)));
  expect(foreign).toMatch(/There is no session|"forgotten":false/);
});

test("and all of it is still ann's", async () => {
  expect((await hark.ann.send("GET", `/v1/tracks/${annsTrack}`)).status).toBe(200);
  expect((await hark.ann.tool("list_sessions", {})).json).toMatchObject({ sessions: [{ session_id: annsSession }] });
});
