/** Servers as processes: their memory, and what is left of what they did when they end. */
import { existsSync } from "node:fs";
import { readdir, readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { LOCAL_CALLER } from "../../src/caller.ts";
import { ownFolder } from "../../src/tracks/kept-files.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { startHttpServer } from "../mcp/http-server-process.ts";
import { temporaryHome } from "../mcp/temporary-home.ts";
import { createTestDatabase } from "../storage/test-database.ts";
import { openChat } from "./chat-client.ts";
import { largeUpload } from "./large-upload.ts";
import { uploadTrack } from "./upload-track.ts";

const SERVER = fileURLToPath(new URL("../../src/server.ts", import.meta.url));
const SCRIPTED_SERVER = fileURLToPath(new URL("./scripted-server-process.ts", import.meta.url));
const LARGE_BYTES = 300_000_000;
const MOST_MEMORY_BYTES = 200_000_000;
const MOST_CLOSING_MS = 5000;
const DAY_MS = 24 * 3600 * 1000;

async function startServer(home: string, databaseUrl: string, settings: Record<string, string> = {}, file = SERVER) {
  const environment = { HARK_HOME: home, HARK_ROOTS: home, DATABASE_URL: databaseUrl, ...settings };
  const server = await startHttpServer([file, "--http"], environment);
  return { ...server, url: server.url.replace(/\/mcp$/, "") };
}

/** Where the uploads of this machine's user are kept. */
function keptFolder(home: string): string {
  return ownFolder(join(home, "files"), LOCAL_CALLER.owner);
}

async function left(home: string): Promise<string[]> {
  return readdir(keptFolder(home)).catch(() => []);
}

async function trackCount(url: string): Promise<number> {
  return Object(await (await fetch(`${url}/v1/tracks`)).json()).total;
}

/** Highest resident memory of a process so far, bytes. */
async function peakMemory(pid: number): Promise<number> {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}

test.skipIf(!existsSync("/proc/self/status"))(
  "300 MB are taken with less than 200 MB of memory (Linux tells the peak)",
  async () => {
    await using home = await temporaryHome();
    const { databaseUrl } = await createTestDatabase();
    // Nothing is measured in the background, whose memory is another matter.
    await using server = await startServer(home.path, databaseUrl, { HARK_PROVIDER: "live" });
    const upload = largeUpload(server.url, LARGE_BYTES);
    await upload.send(LARGE_BYTES);
    upload.end();
    const { status, body } = await upload.answer;
    expect(body).toMatchObject({ created: true, duration_seconds: LARGE_BYTES / 4 / 44_100 });
    expect(status).toBe(201);
    const peak = await peakMemory(server.pid);
    console.log(`peak memory of the server after an upload of 300 MB: ${Math.round(peak / 1e6)} MB`);
    expect(peak).toBeGreaterThan(30_000_000);
    expect(peak).toBeLessThan(MOST_MEMORY_BYTES);
  },
  120_000,
);

test("a server that is killed in the middle of an upload leaves no track, and its bytes go with the next upload a day later", async () => {
  await using home = await temporaryHome();
  const { databaseUrl } = await createTestDatabase();
  const killed = await startServer(home.path, databaseUrl);
  const upload = largeUpload(killed.url, LARGE_BYTES);
  upload.request.on("error", () => {});
  await upload.send(10_000_000);
  await expect.poll(() => left(home.path), { timeout: 10_000 }).toHaveLength(1);
  process.kill(killed.pid, "SIGKILL");
  await killed.close();
  const [name = ""] = await left(home.path);
  expect(name).toMatch(/^incoming-/);

  await using server = await startServer(home.path, databaseUrl);
  expect(await trackCount(server.url)).toBe(0);
  await utimes(join(keptFolder(home.path), name), new Date(Date.now() - 2 * DAY_MS), new Date(Date.now() - 2 * DAY_MS));
  await uploadTrack(server.url, wavFile([sine(300, 8000, 8000)], 8000));
  expect(await left(home.path)).not.toContain(name);
  expect(await trackCount(server.url)).toBe(1);
}, 60_000);

test("a server that is told to stop in the middle of an upload ends in time and leaves nothing", async () => {
  await using home = await temporaryHome();
  const { databaseUrl } = await createTestDatabase();
  const server = await startServer(home.path, databaseUrl);
  const upload = largeUpload(server.url, LARGE_BYTES);
  upload.request.on("error", () => {});
  await upload.send(10_000_000);
  await expect.poll(() => left(home.path), { timeout: 10_000 }).toHaveLength(1);
  const startedAt = performance.now();
  expect(await server.close()).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(MOST_CLOSING_MS);
  expect(await left(home.path)).toEqual([]);
}, 60_000);

test("a server that is told to stop while a chat is answered closes it with 1001 and ends in time", async () => {
  await using home = await temporaryHome();
  const { databaseUrl } = await createTestDatabase();
  const server = await startServer(home.path, databaseUrl, {}, SCRIPTED_SERVER);
  const id = await uploadTrack(server.url, wavFile([sine(300, 8000, 8000)], 8000));
  const chat = await openChat(server.url, id);
  const deaf = await openChat(server.url, id);
  deaf.ask("Sing.");
  await deaf.next("token");
  // Never reads again, so that it cannot answer the close either.
  deaf.socket.pause();
  chat.ask("Sing.");
  await chat.next("token");
  const startedAt = performance.now();
  expect(await server.close()).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(MOST_CLOSING_MS);
  expect(await chat.closed).toMatchObject({ code: 1001 });
  deaf.socket.resume();
  await deaf.closed;
}, 60_000);
