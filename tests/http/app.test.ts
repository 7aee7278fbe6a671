/** The HTTP surface over a real socket, with a real database behind it. */
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Application, createApplication } from "../../src/application.ts";
import { readConfig } from "../../src/config.ts";
import { createHttpApp } from "../../src/http/app.ts";
import { type HttpServer, listen } from "../../src/http/listen.ts";
import { serverDocument } from "../../src/http/openapi.ts";
import { createMcpHttpEndpoint } from "../../src/mcp/http-handler.ts";
import { createMcpServerFactory } from "../../src/mcp/server-factory.ts";
import { RESOURCES } from "../../src/resources/registry.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { createTestDatabase } from "../storage/test-database.ts";

const RATE = 22_050;
const logger = pino({ level: "silent" });

const { databaseUrl } = await createTestDatabase();
let folder: string;
let application: Application;
let server: HttpServer;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "hark-http-")));
  await writeFile(join(folder, "tone.wav"), wavFile([sine(1000, RATE, 2 * RATE, 1)], RATE));
  application = createApplication(
    readConfig({ HARK_HOME: folder, HARK_ROOTS: folder, DATABASE_URL: databaseUrl }),
    logger,
  );
  const { tools, servicesFor } = application;
  const mcp = createMcpHttpEndpoint(
    createMcpServerFactory({ tools, resources: RESOURCES, servicesFor, version: "1.2.3", logger }),
    logger,
  );
  server = await listen(createHttpApp({ ...application, mcp, version: "1.2.3", logger }), "127.0.0.1", 0);
});

afterAll(async () => {
  await server.close();
  await application.close();
  await rm(folder, { recursive: true, force: true });
});

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    body: text,
    headers: { "content-type": "application/json", ...headers },
  });
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as Record<string, unknown>,
  };
}

describe("POST /v1/tools/{name}", () => {
  test("answers with the tool's value", async () => {
    const { status, json } = await post("/v1/tools/analyse_temporal", { track_id: join(folder, "tone.wav") });
    expect(status).toBe(200);
    expect(json).toMatchObject({ duration_seconds: 2, sample_rate_hz: RATE, rms_dbfs: -3.01, peak_dbfs: 0 });
  });

  test("an empty body is an empty object", async () => {
    expect((await post("/v1/tools/list_tracks", "")).status).toBe(200);
  });

  test.each([
    ["a tool that does not exist", "/v1/tools/paint", {}, 404, "not_found"],
    ["a body that is no JSON", "/v1/tools/list_tracks", "{", 400, "invalid_input"],
    ["an unknown argument", "/v1/tools/list_tracks", { colour: "red" }, 400, "invalid_input"],
    ["an unknown track", "/v1/tools/get_track", { track_id: "trk_00000000000000000000" }, 404, "not_found"],
    ["a path outside of the roots", "/v1/tools/get_track", { track_id: "/etc/passwd" }, 403, "forbidden"],
    ["a URL", "/v1/tools/get_track", { track_id: "http://127.0.0.1/x.wav" }, 400, "invalid_input"],
  ])("%s is a problem of its kind", async (_name, path, body, expectedStatus, kind) => {
    const { status, headers, json } = await post(path, body);
    expect(status).toBe(expectedStatus);
    expect(headers.get("content-type")).toContain("application/problem+json");
    expect(json).toMatchObject({ kind, status, request_id: headers.get("x-request-id") });
    expect(String(json.detail).length).toBeGreaterThan(10);
  });

  test("a body over the limit is refused", async () => {
    const { status } = await post("/v1/tools/list_tracks", { query: "x".repeat(5_000_000) });
    expect(status).toBe(413);
  });
});

test("series of a long recording come whole over REST; over MCP the answer says where to read them in parts", async () => {
  const path = join(folder, "long.wav");
  await writeFile(path, wavFile([sine(100, 8000, 600 * 8000, 0.1)], 8000));
  const args = { track_id: path, detail: "full" };
  const { json } = await post("/v1/tools/analyse_temporal", args);
  expect((json.envelope as { rms_dbfs: number[] }).rms_dbfs).toHaveLength(6000);

  const message = {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "analyse_temporal", arguments: args },
  };
  const accept = "application/json, text/event-stream";
  const answer = await fetch(`${server.url}/mcp`, {
    method: "POST",
    body: JSON.stringify(message),
    headers: { "content-type": "application/json", accept, "mcp-protocol-version": "2025-11-25" },
  });
  const text = await answer.text();
  expect(text).toContain("invalid_input: The answer has");
  expect(text).toMatch(/hark:\/\/tracks\/trk_\w+\/analysis\/temporal\?from=0&to=60/);
});

describe("other endpoints", () => {
  test("/health answers at once, /ready names each dependency", async () => {
    expect(await (await fetch(`${server.url}/health`)).json()).toEqual({ status: "ok", version: "1.2.3" });
    const ready = await fetch(`${server.url}/ready`);
    const { checks } = (await ready.json()) as { checks: { name: string }[] };
    expect(ready.status).toBe(200);
    const names = ["database", "ffmpeg", "folders", "data folder", "file store", "language models"];
    expect(checks.map((check) => check.name)).toEqual(names);
  });

  test("/openapi.json is the document of the tools that the server shows", async () => {
    const document = await (await fetch(`${server.url}/openapi.json`)).json();
    expect(document).toEqual(JSON.parse(JSON.stringify(serverDocument(application.tools, "1.2.3"))));
  });

  test("/v1/tools lists the tools", async () => {
    const { tools } = (await (await fetch(`${server.url}/v1/tools`)).json()) as { tools: unknown[] };
    expect(tools).toHaveLength(application.tools.length);
  });

  test.each([
    ["DELETE", "/health", "GET"],
    ["POST", "/openapi.json", "GET"],
    ["GET", "/v1/tools/list_tracks", "POST"],
  ])("%s %s is answered 405 with what is allowed", async (method, path, allowed) => {
    const response = await fetch(`${server.url}${path}`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allowed);
    expect(await response.json()).toMatchObject({ kind: "invalid_input", status: 405 });
  });

  test("what is not there is a problem", async () => {
    const response = await fetch(`${server.url}/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ kind: "not_found" });
  });

  test("a request id is kept when it looks like one, else replaced", async () => {
    const kept = await fetch(`${server.url}/health`, { headers: { "x-request-id": "abc-123" } });
    expect(kept.headers.get("x-request-id")).toBe("abc-123");
    const replaced = await fetch(`${server.url}/health`, { headers: { "x-request-id": "a b<script>" } });
    expect(replaced.headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
  });
});

describe("requests that are not from this machine", () => {
  /** `fetch` does not let its caller choose the Host. */
  const statusFor = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(`${server.url}/health`, { headers }, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });

  test.each([
    ["a foreign Origin", { origin: "http://evil.example" }, 403],
    ["a null Origin", { origin: "null" }, 403],
    ["a foreign Host", { host: "evil.example" }, 403],
    ["an Origin that begins like this machine", { origin: "http://localhost.evil.example" }, 403],
    ["a local Origin", { origin: "http://localhost:3000" }, 200],
    ["no Origin", {}, 200],
  ])("%s", async (_name, headers, status) => {
    expect(await statusFor(headers as Record<string, string>)).toBe(status);
  });
});

describe("listening", () => {
  test("a port that is taken is unavailable", async () => {
    const port = Number(new URL(server.url).port);
    const app = createHttpApp({
      ...application,
      mcp: { fetch: async () => new Response(), close: async () => {} },
      version: "1",
      logger,
    });
    await expect(listen(app, "127.0.0.1", port)).rejects.toMatchObject({ kind: "unavailable" });
  });
});
