import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { privatePostgresStatus } from "../../src/storage/private-postgres.ts";
import { INITIALIZE, isMessage, type RawServer, startRaw } from "./raw-stdio.ts";
import { type TemporaryHome, temporaryHome } from "./temporary-home.ts";
import { clicksFile } from "./test-audio.ts";
import { TOOL_COUNT } from "./tool-count.ts";

const GARBAGE = [
  "",
  "garbage",
  "{",
  "{}",
  "[]",
  "null",
  "42",
  '{"jsonrpc":"2.0"}',
  '{"jsonrpc":"1.0","id":9,"method":"x"}',
  "\u0000",
];

let home: TemporaryHome;
let server: RawServer;

beforeEach(async () => {
  home = await temporaryHome();
  server = startRaw(process.execPath, ["src/server.ts"], {
    HARK_HOME: home.path,
    HARK_ROOTS: home.path,
    HARK_LOG_LEVEL: "silent",
  });
});

afterEach(async () => {
  server.child.kill("SIGKILL");
  await home[Symbol.asyncDispose]();
});

test("writes nothing but protocol messages to standard output, whatever comes in", async () => {
  for (const line of GARBAGE) server.write(`${line}\n`);
  expect(await server.request(INITIALIZE)).toMatchObject({ result: { serverInfo: { name: "hark" } } });
  for (const line of GARBAGE) server.write(`${line}\n`);
  server.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
  expect(await server.request({ method: "tools/list" })).toMatchObject({ result: { tools: { length: TOOL_COUNT } } });
  expect(await server.request({ method: "no/such/method" })).toMatchObject({ error: { code: -32_601 } });
  const doctor = { method: "tools/call", params: { name: "doctor", arguments: {} } };
  expect(await server.request(doctor)).toMatchObject({ result: { structuredContent: { checks: expect.anything() } } });
  expect(server.lines.length).toBeGreaterThanOrEqual(4);
  expect(server.lines.filter((line) => !isMessage(line))).toEqual([]);
  expect(await server.end()).toBe(0);
});

test("starts, lists and ends without touching the data folder", async () => {
  await server.request(INITIALIZE);
  await server.request({ method: "tools/list" });
  await server.request({ method: "prompts/list" });
  await server.request({ method: "resources/templates/list" });
  expect(await server.end()).toBe(0);
  expect(await readdir(home.path)).toEqual([]);
});

test("ends with its database when the client goes away in the middle of an analysis", async () => {
  const path = join(home.path, "long.wav");
  await writeFile(path, clicksFile(600));
  await server.request(INITIALIZE);
  const arguments_ = { track_id: path };
  const params = { name: "analyse_rhythm", arguments: arguments_, _meta: { progressToken: "p" } };
  server.request({ method: "tools/call", params }).catch(() => {});
  await expect
    .poll(() => server.lines.some((line) => line.includes("notifications/progress")), { timeout: 20_000 })
    .toBe(true);
  // The first notification may be the heartbeat of a database that starts slowly.
  await expect.poll(async () => (await privatePostgresStatus(home.path)).running, { timeout: 20_000 }).toBe(true);
  expect(await server.end()).toBe(0);
  expect((await privatePostgresStatus(home.path)).running).toBe(false);
});

test.each(["SIGTERM", "SIGINT"] as const)("ends with its database on %s", async (signal) => {
  await server.request(INITIALIZE);
  await server.request({ method: "tools/call", params: { name: "list_tracks", arguments: {} } });
  expect((await privatePostgresStatus(home.path)).running).toBe(true);
  const exited = new Promise((resolve) => server.child.once("exit", resolve));
  server.child.kill(signal);
  expect(await exited).toBe(0);
  expect((await privatePostgresStatus(home.path)).running).toBe(false);
});

test("starts as mcp.json says", async () => {
  const schema = z.object({
    mcpServers: z.object({ hark: z.strictObject({ command: z.string(), args: z.array(z.string()) }) }).strict(),
  });
  const { hark } = schema.parse(JSON.parse(await readFile("mcp.json", "utf8"))).mcpServers;
  const configured = startRaw(hark.command, hark.args, { HARK_HOME: home.path });
  expect(await configured.request(INITIALIZE)).toMatchObject({ result: { serverInfo: { name: "hark" } } });
  expect(await configured.end()).toBe(0);
});
