/** Credentials over REST, WebSocket upgrades and MCP, as strangers and key holders send them. */
import { request } from "node:http";
import { generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientOf, connectHttp } from "../mcp/connect.ts";
import { INITIALIZE } from "../mcp/raw-stdio.ts";
import { sendJson, startTwoOwners, type TwoOwners } from "./two-owners.ts";

const SECRET = "a secret of more than thirty-two bytes";
const ISSUERS = "https://id.example";

let hark: TwoOwners;

beforeAll(async () => {
  hark = await startTwoOwners({ HARK_JWT_SECRET: SECRET, HARK_OAUTH_ISSUER: ISSUERS, HARK_RATE_LIMIT: "off" });
});

afterAll(() => hark[Symbol.asyncDispose]());

const token = (scope: string, secret = SECRET) =>
  new SignJWT({ scope })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("carol")
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(secret));

const list = (headers: Record<string, string>) => sendJson(`${hark.url}/v1/tools/list_tracks`, "POST", headers, {});

describe("where a credential is required", () => {
  test("none is answered 401, and where to get one", async () => {
    const { status, headers, json } = await list({});
    expect(status).toBe(401);
    expect(json).toMatchObject({ kind: "unauthorised", detail: expect.stringContaining("hark keys create") });
    expect(headers.get("www-authenticate")).toBe(
      `Bearer realm="hark", resource_metadata="${hark.url}/.well-known/oauth-protected-resource"`,
    );
    expect((await sendJson(`${hark.url}/v1/tools`, "GET", {})).status).toBe(401);
    expect((await sendJson(`${hark.url}/nothing`, "GET", {})).status).toBe(401);
  });

  test("what says how the server is, and what it is, stays open, without details", async () => {
    expect((await sendJson(`${hark.url}/health`, "GET", {})).json).toEqual({ status: "ok", version: "1.2.3" });
    const ready = await sendJson(`${hark.url}/ready`, "GET", {});
    expect(ready.json).toEqual({ ready: ready.status === 200 });
    expect((await hark.ann.send("GET", "/ready")).json).toMatchObject({
      checks: expect.arrayContaining([expect.anything()]),
    });
    const { json } = await sendJson(`${hark.url}/openapi.json`, "GET", {});
    expect(json).toMatchObject({
      security: [{ api_key: [] }, { bearer: [] }, {}],
      components: { securitySchemes: { api_key: { name: "X-API-Key" }, bearer: { scheme: "bearer" } } },
      paths: { "/v1/tools/add_track": { post: { security: [{ api_key: ["write"] }, { bearer: ["write"] }, {}] } } },
    });
  });

  test("a key passes as a bearer token and as X-API-Key, and counts as one caller", async () => {
    const { key } = hark.ann;
    for (const headers of [
      { authorization: `Bearer ${key}` },
      { authorization: `bearer ${key}` },
      { "x-api-key": key },
    ]) {
      expect((await list(headers as Record<string, string>)).status).toBe(200);
    }
  });

  test.each<[string, () => Promise<Record<string, string>>]>([
    ["a key that never was", async () => ({ "x-api-key": `hk_${"0".repeat(16)}_${"a".repeat(43)}` })],
    ["another scheme", async () => ({ authorization: "Basic YW5uOnB3" })],
    ["an empty credential", async () => ({ authorization: "Bearer " })],
    ["two credentials", async () => ({ authorization: `Bearer ${hark.ann.key}`, "x-api-key": hark.ben.key })],
    ["a token with another secret", async () => ({ authorization: `Bearer ${await token("read", `${SECRET}!`)}` })],
    ["two headers in one", async () => ({ authorization: `Bearer ${hark.ann.key}, Bearer ${hark.ben.key}` })],
  ])("%s is answered 401 as invalid", async (_name, headers) => {
    const answer = await list(await headers());
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
  });

  test("a key in the query is not taken, but for WebSockets", async () => {
    const { status } = await sendJson(`${hark.url}/v1/tools?access_token=${hark.ann.key}`, "GET", {});
    expect(status).toBe(401);
    expect(await upgradeStatus(`/v1/tools?access_token=${hark.ann.key}`)).toBe(200);
    expect(await upgradeStatus(`/v1/tools?access_token=${hark.ann.key}x`)).toBe(401);
    expect(await upgradeStatus("/v1/tools")).toBe(401);
  });

  test("a token does what its scopes say, and not more", async () => {
    const bearer = async (scope: string) => ({ authorization: `Bearer ${await token(scope)}` });
    expect((await list(await bearer("read"))).status).toBe(200);
    expect(await list(await bearer(""))).toMatchObject({ status: 403, json: { kind: "forbidden" } });
    const remove = { track_id: `trk_${"0".repeat(20)}` };
    const answer = await sendJson(`${hark.url}/v1/tools/remove_track`, "POST", await bearer("read ask"), remove);
    expect(answer).toMatchObject({ status: 403, json: { detail: expect.stringContaining('scope "write"') } });
    const tokens = { model: "openai/gpt-6-sol", messages: [] };
    const asked = await sendJson(`${hark.url}/v1/tools/analyze_tokens`, "POST", await bearer("read write"), tokens);
    expect(asked).toMatchObject({ status: 403, json: { detail: expect.stringContaining('scope "ask"') } });
  });

  test.each([
    ["GET", "/v1/tracks", "write ask", "read"],
    ["POST", "/v1/tracks", "read ask", "write"],
    ["DELETE", "/v1/tracks/trk_0", "read ask", "write"],
    ["POST", "/v1/tracks/trk_0/questions", "read write", "ask"],
    ["POST", "/v1/llm/chat", "read write", "ask"],
  ])("%s %s needs its scope, whatever stands behind it", async (method, path, scopes, missing) => {
    const answer = await sendJson(`${hark.url}${path}`, method, { authorization: `Bearer ${await token(scopes)}` });
    expect(answer).toMatchObject({ status: 403, json: { detail: expect.stringContaining(`scope "${missing}"`) } });
    const allowed = await sendJson(`${hark.url}${path}`, method, { authorization: `Bearer ${await token(missing)}` });
    expect(allowed.status).not.toBe(403);
  });

  test("a path is missing for a token without the scope files", async () => {
    const path = await hark.writeSine("there.wav", 200);
    const authorization = `Bearer ${await token("read write")}`;
    for (const track_id of [path, `${path}x`]) {
      const answer = await sendJson(`${hark.url}/v1/tools/get_track`, "POST", { authorization }, { track_id });
      expect(answer).toMatchObject({ status: 404, json: { detail: expect.stringContaining("upload") } });
    }
  });

  test("a key with a number of requests is good for that many", async () => {
    const demo = await hark.holder("demo", ["read"], 2);
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await demo.tool("list_tracks", {})).status);
    expect(statuses).toEqual([200, 200, 403]);
  });
});

describe("MCP", () => {
  const metadata = () => `${hark.url}/.well-known/oauth-protected-resource/mcp`;

  test("sends clients without a credential to the metadata of its endpoint, which names the authorisation servers", async () => {
    const { status, headers } = await sendJson(`${hark.url}/mcp`, "POST", {}, { jsonrpc: "2.0", id: 1, ...INITIALIZE });
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toContain(`resource_metadata="${metadata()}"`);
    const { json } = await sendJson(metadata(), "GET", {});
    expect(json).toMatchObject({
      resource: `${hark.url}/mcp`,
      authorization_servers: [ISSUERS],
      scopes_supported: ["read", "write", "files", "ask"],
      bearer_methods_supported: ["header"],
    });
    const root = await sendJson(metadata().replace(/\/mcp$/, ""), "GET", {});
    expect(root.json.resource).toBe(hark.url);
  });

  test.each(["2025-11-25", "2026-07-28"] as const)("%s works with a key and a token, and not without", async (era) => {
    for (const credential of [hark.ann.key, await token("read")]) {
      const client = await connectHttp(clientOf(era), `${hark.url}/mcp`, { authorization: `Bearer ${credential}` });
      expect(await client.callTool({ name: "list_tracks", arguments: {} })).not.toHaveProperty("isError", true);
      const remove = await client.callTool({ name: "remove_track", arguments: { track_id: "trk_0" } });
      expect(remove.isError === true).toBe(credential !== hark.ann.key);
      await client.close();
    }
    await expect(connectHttp(clientOf(era), `${hark.url}/mcp`)).rejects.toThrow();
    const wrong = { authorization: `Bearer ${hark.ann.key}x` };
    await expect(connectHttp(clientOf(era), `${hark.url}/mcp`, wrong)).rejects.toThrow();
  });

  test("a resource needs the scope read", async () => {
    const writer = await hark.holder("writer", ["write"]);
    const client = await connectHttp(clientOf("2026-07-28"), `${hark.url}/mcp`, {
      authorization: `Bearer ${writer.key}`,
    });
    await expect(client.readResource({ uri: "hark://tracks" })).rejects.toThrow(/forbidden.*scope "read"/);
    await client.close();
  });

  test("a session of 2025 is bound to who opened it: for others it is not found, in the same words as one that never was", async () => {
    const accept = { accept: "application/json, text/event-stream" };
    const send = (key: string, session: string | null, body: unknown) =>
      sendJson(
        `${hark.url}/mcp`,
        "POST",
        { ...accept, authorization: `Bearer ${key}`, ...(session === null ? {} : { "mcp-session-id": session }) },
        body,
      );
    const { headers } = await send(hark.ann.key, null, { jsonrpc: "2.0", id: 1, ...INITIALIZE });
    const session = headers.get("mcp-session-id") ?? "";
    expect(session).not.toBe("");
    const ping = { jsonrpc: "2.0", id: 2, method: "ping" };
    expect((await send(hark.ann.key, session, ping)).status).toBe(200);
    const foreign = await send(hark.ben.key, session, ping);
    const never = await send(hark.ben.key, "00000000-0000-4000-8000-000000000000", ping);
    expect(foreign.status).toBe(404);
    expect(foreign.json).toEqual(never.json);
    const sameOwner = await hark.holder("ann", ["read"]);
    expect((await send(sameOwner.key, session, ping)).status).toBe(404);
    const ended = await sendJson(`${hark.url}/mcp`, "DELETE", {
      authorization: `Bearer ${hark.ben.key}`,
      "mcp-session-id": session,
    });
    expect(ended.status).toBe(404);
    expect((await send(hark.ann.key, session, ping)).status).toBe(200);
  });
});

describe("where a credential is optional", () => {
  test("none is this machine's user, who sees nothing of others; a wrong one is never passed over", async () => {
    await using open = await startTwoOwners({ HARK_AUTH: "optional" });
    const path = await open.writeSine("local.wav", 300);
    const local = (args: unknown, headers: Record<string, string> = {}) =>
      sendJson(`${open.url}/v1/tools/get_track`, "POST", headers, args);
    const { json } = await local({ track_id: path });
    expect(json.status).toBeDefined();
    expect((await open.ann.tool("get_track", { track_id: json.track_id })).status).toBe(404);
    const annTrack = (await open.ann.tool("get_track", { track_id: path })).json.track_id;
    expect((await local({ track_id: annTrack })).status).toBe(404);
    const own = await open.holder("local", ["read"]);
    expect((await own.tool("get_track", { track_id: json.track_id })).status).toBe(200);
    const wrong = { authorization: `Bearer ${open.ann.key}x` };
    expect((await local({ track_id: path }, wrong)).status).toBe(401);
    expect((await sendJson(`${open.url}/ready`, "GET", wrong)).status).toBe(401);
    expect((await sendJson(`${open.url}/.well-known/oauth-protected-resource`, "GET", {})).status).toBe(404);
    const { headers } = await local({ track_id: path }, { authorization: "Bearer abc" });
    expect(headers.get("www-authenticate")).toBe('Bearer realm="hark", error="invalid_token"');
  });
});

test("a token that cannot be checked, because its keys cannot be read, is answered 503 and not 401", async () => {
  await using hark = await startTwoOwners({ HARK_JWT_JWKS_URL: "http://127.0.0.1:1/jwks" });
  const { privateKey } = await generateKeyPair("EdDSA");
  const signed = await new SignJWT({ scope: "read" })
    .setProtectedHeader({ alg: "EdDSA", kid: "a" })
    .setSubject("carol")
    .setExpirationTime("1h")
    .sign(privateKey);
  const answer = await sendJson(`${hark.url}/v1/tools`, "GET", { authorization: `Bearer ${signed}` });
  expect(answer).toMatchObject({ status: 503, json: { kind: "unavailable" } });
  expect(answer.headers.get("www-authenticate")).toBeNull();
  expect((await hark.ann.send("GET", "/v1/tools")).status).toBe(200);
});

/** The status of a request that asks to become a WebSocket, which nothing here does. */
function upgradeStatus(path: string): Promise<number | undefined> {
  const headers = { connection: "Upgrade", upgrade: "websocket" };
  return new Promise((resolve, reject) => {
    request(`${hark.url}${path}`, { headers }, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
}
