import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { startHttpServer } from "../mcp/http-server-process.ts";
import { scriptedConfig } from "../tools/scripted-gateway.ts";
import { openChat } from "./chat-client.ts";
import { type Answer, type KeyHolder, sendJson, startTwoOwners, type TwoOwners } from "./two-owners.ts";

const SERVER = fileURLToPath(new URL("../../src/server.ts", import.meta.url));

/** Where no model answers. */
const NOWHERE = "http://127.0.0.1:1/v1";

/** So slow that nothing comes in while a test runs. */
const LIMITS = "read=4/10000s, write=2/10000s, ask=1/10000s";

let hark: TwoOwners;

beforeAll(async () => {
  hark = await startTwoOwners({ HARK_RATE_LIMIT: LIMITS });
});

afterAll(() => hark[Symbol.asyncDispose]());

async function statuses(times: number, send: () => Promise<Answer>): Promise<number[]> {
  const seen: number[] = [];
  for (let count = 0; count < times; count++) seen.push((await send()).status);
  return seen;
}

test("each key has its burst of each kind, then 429 with when to come back", async () => {
  const holder = await hark.holder("one");
  const list = () => holder.tool("list_tracks", {});
  const first = await list();
  expect(first.headers.get("ratelimit-policy")).toBe('"read";q=4;w=10000');
  expect(first.headers.get("ratelimit")).toMatch(/^"read";r=3;t=\d+$/);
  expect(await statuses(3, list)).toEqual([200, 200, 200]);
  const refused = await list();
  expect(refused).toMatchObject({
    status: 429,
    json: { kind: "rate_limited", detail: expect.stringContaining("Wait") },
  });
  const seconds = Number(refused.headers.get("retry-after"));
  expect(seconds).toBeGreaterThan(2400);
  expect(seconds).toBeLessThanOrEqual(2500);
  expect(refused.headers.get("ratelimit")).toMatch(/^"read";r=0;t=\d+$/);

  const remove = () => holder.tool("remove_track", { track_id: "trk_0" });
  expect(await statuses(3, remove)).toEqual([200, 200, 429]);
  const ask = () => holder.tool("route_model", { input_tokens: 1 });
  expect((await statuses(2, ask))[1]).toBe(429);
  expect((await (await hark.holder("one")).tool("list_tracks", {})).status).toBe(200);
});

test("a call of MCP is of its tool's kind, and a batch counts each of its calls", async () => {
  const call = (name: string) => ({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: {} } });
  const send = (holder: KeyHolder, body: unknown) => holder.send("POST", "/mcp", body);
  const one = await hark.holder("mcp");
  expect((await send(one, call("remove_track"))).status).not.toBe(429);
  expect((await send(one, call("remove_track"))).status).not.toBe(429);
  expect((await send(one, call("remove_track"))).status).toBe(429);
  expect((await send(one, call("list_tracks"))).status).not.toBe(429);
  const other = await hark.holder("batch");
  expect(
    (
      await send(
        other,
        Array.from({ length: 5 }, () => call("list_tracks")),
      )
    ).status,
  ).toBe(429);
});

test("strangers are counted by their address, whatever they try; whoever watches the server is not", async () => {
  const guess = () =>
    sendJson(`${hark.url}/v1/tools`, "GET", { "x-api-key": `hk_${"0".repeat(16)}_${"a".repeat(43)}` });
  expect(await statuses(4, guess)).toEqual([401, 401, 401, 401]);
  expect((await guess()).status).toBe(429);
  expect((await sendJson(`${hark.url}/openapi.json`, "GET", {})).status).toBe(429);
  expect(await statuses(6, () => sendJson(`${hark.url}/health`, "GET", {}))).toEqual([200, 200, 200, 200, 200, 200]);
  expect((await (await hark.holder("honest")).tool("list_tracks", {})).status).toBe(200);
});

test.each(["cache-first", "live"])("this machine's user without a credential is not limited (%s)", async (provider) => {
  await using open = await startTwoOwners({ HARK_RATE_LIMIT: LIMITS, HARK_AUTH: "optional", HARK_PROVIDER: provider });
  const list = () => sendJson(`${open.url}/v1/tools/list_tracks`, "POST", {}, {});
  expect(new Set(await statuses(8, list))).toEqual(new Set([200]));
  expect(await statuses(5, () => open.ann.tool("list_tracks", {}))).toEqual([200, 200, 200, 200, 429]);
});

test("two server processes let through as many as one would, over every surface together", async () => {
  const limits = "read=9/10000s, write=2/10000s, ask=2/10000s";
  await using config = await scriptedConfig(NOWHERE);
  const settings = {
    ...config.environment,
    HARK_HOME: hark.folder,
    DATABASE_URL: hark.databaseUrl,
    HARK_AUTH: "required",
    HARK_RATE_LIMIT: limits,
  };
  const start = () => startHttpServer([SERVER, "--http"], settings);
  await using one = await start();
  await using two = await start();
  const urls = [one, two].map(({ url }) => url.replace(/\/mcp$/, ""));
  const { key } = await hark.holder("everywhere");
  const headers = { authorization: `Bearer ${key}` };
  const form = new FormData();
  form.append("file", new Blob([new Uint8Array(wavFile([sine(300, 8000, 8000)], 8000))]), "a.wav");
  const uploaded = await fetch(`${urls[0]}/v1/tracks`, { method: "POST", headers, body: form });
  const id = Object(await uploaded.json()).track_id;

  const mcpHeaders = { ...headers, accept: "application/json, text/event-stream" };
  const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "list_tracks", arguments: {} } };
  const reads = urls.flatMap((url) => [
    () => sendJson(`${url}/v1/tracks`, "GET", headers),
    () => sendJson(`${url}/v1/tools/list_tracks`, "POST", headers, {}),
    () => sendJson(`${url}/mcp`, "POST", mcpHeaders, call),
  ]);
  const answers = await Promise.all([...reads, ...reads, ...reads, ...reads].map((send) => send()));
  expect(answers.filter(({ status }) => status !== 429)).toHaveLength(9);
  for (const { status, headers: answered } of answers) {
    if (status === 429) expect(Number(answered.get("retry-after"))).toBeGreaterThan(0);
  }

  const asker = await hark.holder("everywhere");
  const credential = { headers: { authorization: `Bearer ${asker.key}` } };
  await using chat = await openChat(`${urls[0]}`, id, credential);
  await using other = await openChat(`${urls[1]}`, id, credential);
  // No model answers here; what counts is who is let in to find that out.
  const asked = async (client: typeof chat) => {
    client.ask("How loud is it?");
    return (await client.next("error")).kind;
  };
  expect(await asked(chat)).not.toBe("rate_limited");
  const posted = { method: "POST", ...credential, body: JSON.stringify({ text: "How loud is it?" }) };
  expect((await fetch(`${urls[1]}/v1/tracks/${id}/questions`, posted)).status).not.toBe(429);
  expect(await asked(other)).toBe("rate_limited");
  const refused = await fetch(`${urls[0]}/v1/tracks/${id}/questions`, posted);
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
}, 60_000);
