/** Tracks over HTTP: forms by fetch and by bare sockets, a real database, a real disk. */
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { LOCAL_CALLER } from "../../src/caller.ts";
import { ownFolder } from "../../src/tracks/kept-files.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { startTestServer } from "./test-server.ts";

const RATE = 8000;
const MAX_FILE_MB = 1;

const server = await startTestServer({ HARK_MAX_FILE_MB: String(MAX_FILE_MB) });
const tracks = `${server.url}/v1/tracks`;
let nextHz = 200;

afterAll(() => server[Symbol.asyncDispose]());

/** A recording that no other test has. */
function newWav(seconds = 1): Buffer {
  nextHz += 1;
  return wavFile([sine(nextHz, RATE, seconds * RATE)], RATE);
}

type Part = readonly [name: string, content: string | Buffer, filename?: string];

function form(...parts: readonly Part[]): FormData {
  const data = new FormData();
  for (const [name, content, filename] of parts) {
    if (typeof content === "string") data.append(name, content);
    else data.append(name, new Blob([new Uint8Array(content)]), filename ?? "a.wav");
  }
  return data;
}

type Json = Record<string, unknown>;

async function send(
  method: string,
  url: string,
  body?: string | Blob | FormData,
  headers: Record<string, string> = {},
) {
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  const json: Json = text === "" ? {} : JSON.parse(text);
  return { status: response.status, headers: response.headers, json };
}

const upload = (...parts: readonly Part[]) => send("POST", tracks, form(...parts));

async function trackCount(): Promise<number> {
  return Number((await send("GET", `${tracks}?limit=1`)).json.total);
}

async function keptFiles(): Promise<string[]> {
  return readdir(ownFolder(join(server.folder, "files"), LOCAL_CALLER.owner)).catch(() => []);
}

/** What is there, for tests that say that nothing is left. */
async function everything() {
  return { tracks: await trackCount(), files: await keptFiles() };
}

async function status(id: unknown): Promise<unknown> {
  return (await send("GET", `${tracks}/${id}`)).json.status;
}

describe("an upload", () => {
  test("is a track with a place, measured in the background, and found again by its bytes", async () => {
    const wav = newWav();
    const first = await upload(["file", wav, "täst – 1.wav"]);
    expect(first.status).toBe(201);
    expect(first.json).toMatchObject({
      filename: "täst – 1.wav",
      status: "pending",
      duration_seconds: 1,
      created: true,
    });
    const place = first.headers.get("location");
    expect(place).toBe(`/v1/tracks/${first.json.track_id}`);

    await server.application.settled();
    const { json } = await send("GET", `${server.url}${place}`);
    expect(json).toMatchObject({ status: "ready", status_message: null });
    const analyses = json.analyses as Json[];
    const names = server.application.services.agents.map((agent) => agent.name);
    expect(analyses.map((one) => one.agent).sort()).toEqual([...names].sort());
    expect(analyses[0]).toMatchObject({ status: "measured", parameters: {} });

    const again = await upload(["file", wav, "other.wav"]);
    expect(again.status).toBe(200);
    expect(again.json).toMatchObject({ track_id: first.json.track_id, created: false, filename: "täst – 1.wav" });
    expect(again.headers.get("location")).toBe(place);
  });

  test("goes from pending over analyzing to ready", async () => {
    const { json } = await upload(["file", newWav(60)]);
    const seen = new Set([json.status]);
    for (let tries = 0; tries < 3000 && !seen.has("ready"); tries++) {
      seen.add(await status(json.track_id));
      await sleep(5);
    }
    expect([...seen]).toEqual(["pending", "analyzing", "ready"]);
  });

  test("that has a header and no samples fails, and says why", async () => {
    const { json } = await upload(["file", newWav().subarray(0, 44)]);
    await server.application.settled();
    const track = (await send("GET", `${tracks}/${json.track_id}`)).json;
    expect(track.status).toBe("failed");
    expect(String(track.status_message)).toContain("no audio samples");
  });

  test("keeps a name without its folders", async () => {
    const { json } = await upload(["file", newWav(), "../../etc/passwd.wav"]);
    expect(json.filename).toBe("passwd.wav");
  });

  test("twice at once gives one track and one file", async () => {
    const wav = newWav();
    const before = await everything();
    const answers = await Promise.all(Array.from({ length: 4 }, () => upload(["file", wav])));
    expect(new Set(answers.map(({ json }) => json.track_id)).size).toBe(1);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 201]);
    await server.application.settled();
    expect(await status(answers[0]?.json.track_id)).toBe("ready");
    const after = await everything();
    expect(after.tracks).toBe(before.tracks + 1);
    expect(after.files).toHaveLength(before.files.length + 1);
  });
});

describe("what is no upload of one recording is refused and leaves nothing", () => {
  let before: Awaited<ReturnType<typeof everything>>;

  beforeEach(async () => {
    before = await everything();
  });

  test.each<[string, () => FormData, number, RegExp]>([
    [
      "text with the name of a recording",
      () => form(["file", Buffer.from("no audio at all"), "song.wav"]),
      400,
      /not recognised/,
    ],
    ["an empty file", () => form(["file", Buffer.alloc(0)]), 400, /empty/],
    ["no part", () => form(), 400, /exactly one part/],
    ["two files", () => form(["file", newWav()], ["file", newWav(), "b.wav"]), 400, /exactly one part/],
    ["a file and a field", () => form(["file", newWav()], ["title", "x"]), 400, /exactly one part/],
    ["a file under another name", () => form(["audio", newWav()]), 400, /exactly one part/],
    ["a part without a file name", () => form(["file", "text"]), 400, /exactly one part/],
    ["more than the limit", () => form(["file", newWav(100)]), 413, /HARK_MAX_FILE_MB/],
  ])("%s", async (_name, body, expected, message) => {
    const { status, json } = await send("POST", tracks, body());
    expect(status).toBe(expected);
    expect(String(json.detail)).toMatch(message);
    expect(await everything()).toEqual(before);
  });

  test.each<[string, string, string, number]>([
    ["another content type", "audio/wav", "RIFF", 415],
    ["no content type", "", "RIFF", 415],
    ["a form without a boundary", "multipart/form-data", "RIFF", 400],
    ["a wrong boundary", "multipart/form-data; boundary=x", "--y\r\nno\r\n--y--\r\n", 400],
    ["an empty form", "multipart/form-data; boundary=x", "", 400],
    [
      "a form that ends early",
      "multipart/form-data; boundary=x",
      '--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF',
      400,
    ],
    ["JSON that is none", "application/json", "{", 400],
    ["JSON without a path", "application/json", "{}", 400],
  ])("%s", async (_name, type, body, expected) => {
    const { status, json } = await send("POST", tracks, new Blob([body]), { "content-type": type });
    expect(status).toBe(expected);
    expect(json).toMatchObject({ kind: "invalid_input", status: expected });
    expect(await everything()).toEqual(before);
  });

  test("more than the limit in chunks, without a length", async () => {
    const [head, ...rest] = [newWav(), Buffer.alloc(300_000), Buffer.alloc(300_000), Buffer.alloc(800_000)];
    const { status } = await rawUpload([head ?? Buffer.alloc(0), ...rest], { chunked: true });
    expect(status).toBe(413);
    expect(await everything()).toEqual(before);
  });

  test.each([
    ["by its length", {}],
    ["in chunks", { chunked: true }],
  ])("a connection that is cut in the middle, sent %s", async (_name, how) => {
    await rawUpload([newWav().subarray(0, 5000)], { ...how, cut: true });
    await expect.poll(everything, { timeout: 5000 }).toEqual(before);
  });
});

/** Sends a form over a bare socket, whole or cut before its end; the status of the answer, null where there was none. */
async function rawUpload(pieces: readonly Buffer[], how: { chunked?: boolean; cut?: boolean }) {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => {});
  let answer = "";
  socket.on("data", (data) => {
    answer += data;
  });
  const closed = once(socket, "close");
  const head =
    '--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\ncontent-type: audio/wav\r\n\r\n';
  const body = [Buffer.from(head), ...pieces, ...(how.cut ? [] : [Buffer.from("\r\n--x--\r\n")])];
  const length = how.chunked ? "transfer-encoding: chunked" : "content-length: 900000";
  socket.write(
    `POST /v1/tracks HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: multipart/form-data; boundary=x\r\n${length}\r\nconnection: close\r\n\r\n`,
  );
  for (const piece of body) socket.write(how.chunked ? chunkOf(piece) : piece);
  if (how.cut) {
    await expect.poll(async () => (await keptFiles()).some((name) => name.startsWith("incoming-"))).toBe(true);
    socket.destroy();
  } else if (how.chunked) socket.write("0\r\n\r\n");
  await closed;
  const found = /^HTTP\/1.1 (\d+)/.exec(answer)?.[1];
  return { status: found === undefined ? null : Number(found) };
}

function chunkOf(piece: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);
}

describe("POST with a path", () => {
  test("adds a file of the server's disk where it lies", async () => {
    const path = join(server.folder, "disk.wav");
    await writeFile(path, newWav());
    const files = await keptFiles();
    const body = JSON.stringify({ path });
    const first = await send("POST", tracks, body, { "content-type": "application/json" });
    expect(first).toMatchObject({ status: 201, json: { filename: "disk.wav", created: true } });
    const again = await send("POST", tracks, body, { "content-type": "application/json" });
    expect(again).toMatchObject({ status: 200, json: { track_id: first.json.track_id, created: false } });
    expect(await keptFiles()).toEqual(files);
  });

  test("outside of the roots is forbidden", async () => {
    const body = JSON.stringify({ path: "/etc/passwd" });
    expect((await send("POST", tracks, body, { "content-type": "application/json" })).status).toBe(403);
  });
});

describe("GET /v1/tracks", () => {
  test("pages, and filters by words and status", async () => {
    for (const name of ["page-1.wav", "page-2.wav", "page-3.wav"]) await upload(["file", newWav(), name]);
    await server.application.settled();
    const page = (await send("GET", `${tracks}?query=page-&limit=2&status=ready`)).json;
    expect(page).toMatchObject({ total: 3, tracks: [{ filename: "page-3.wav" }, { filename: "page-2.wav" }] });
    const rest = (await send("GET", `${tracks}?query=page-&limit=2&cursor=${page.next_cursor}`)).json;
    expect(rest).toMatchObject({ tracks: [{ filename: "page-1.wav" }], next_cursor: null });
  });

  test.each(["limit=0", "limit=x", "limit=", "status=done", "cursor=x", "colour=red"])("refuses ?%s", async (query) => {
    expect(await send("GET", `${tracks}?${query}`)).toMatchObject({ status: 400, json: { kind: "invalid_input" } });
  });

  test("takes digits as words", async () => {
    expect((await send("GET", `${tracks}?query=12345`)).json).toMatchObject({ total: 0 });
  });
});

describe("one track", () => {
  test("is removed with its analyses and its file", async () => {
    const before = await everything();
    const { json } = await upload(["file", newWav()]);
    await server.application.settled();
    expect(await send("DELETE", `${tracks}/${json.track_id}`)).toMatchObject({ status: 204, json: {} });
    expect(await everything()).toEqual(before);
    for (const method of ["GET", "DELETE"])
      expect(await send(method, `${tracks}/${json.track_id}`)).toMatchObject({
        status: 404,
        json: { kind: "not_found" },
      });
  });

  test("is never named by a path", async () => {
    await writeFile(join(server.folder, "never.wav"), newWav());
    const before = await trackCount();
    const place = `${tracks}/${encodeURIComponent(join(server.folder, "never.wav"))}`;
    expect((await send("GET", place)).status).toBe(404);
    expect((await send("DELETE", place)).status).toBe(404);
    expect(await trackCount()).toBe(before);
  });
});

test.each([
  ["PUT", "/v1/tracks", "GET, POST"],
  ["POST", "/v1/tracks/trk_0", "GET, DELETE"],
])("%s %s is answered 405 with what is allowed", async (method, path, allowed) => {
  const { status, headers } = await send(method, `${server.url}${path}`);
  expect(status).toBe(405);
  expect(headers.get("allow")).toBe(allowed);
});

test("a server that changes nothing takes and removes nothing", async () => {
  await using reading = await startTestServer({}, { readOnly: true });
  expect((await send("POST", `${reading.url}/v1/tracks`, form(["file", newWav()]))).status).toBe(403);
  expect((await send("DELETE", `${reading.url}/v1/tracks/trk_0`)).status).toBe(403);
  expect((await send("GET", `${reading.url}/v1/tracks`)).json).toMatchObject({ total: 0 });
});
