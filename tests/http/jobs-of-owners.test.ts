/** Jobs and their files belong to who asked for them; a signed link is a permission of its own. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { clientOf, connectHttp } from "../mcp/connect.ts";
import { type Answer, type KeyHolder, startTwoOwners, type TwoOwners } from "./two-owners.ts";

const NEVER = `job_${"0".repeat(20)}`;
const FILE = z.object({ sha256: z.string(), filename: z.string(), uri: z.string(), download_url: z.url() });

let hark: TwoOwners;
let path: string;
/** Ann's. */
let job: string;
let file: z.output<typeof FILE>;

/** Status and problem of an answer, with the id left out. */
function refusal({ status, json }: Answer, id: string) {
  return { status, kind: json.kind, detail: String(json.detail).replace(id, "ID") };
}

async function convert(holder: KeyHolder, args: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
  return holder.tool("convert_audio", { track_id: path, format: "flac", ...args });
}

if (ffmpeg === null) test.skip(`jobs of owners${ffmpegNote}`, () => {});
else {
  beforeAll(async () => {
    hark = await startTwoOwners({
      HARK_TOOLSETS: "default,processing",
      HARK_RATE_LIMIT: "read=200/10000s, write=200/10000s",
    });
    path = await hark.writeSine("secret-song.wav", 440);
    const { json } = await convert(hark.ann);
    expect(json.status).toBe("done");
    job = String(json.job_id);
    file = z.tuple([FILE]).parse(json.files)[0];
  });

  afterAll(() => hark[Symbol.asyncDispose]());

  test.each([
    ["get_job", (holder: KeyHolder, id: string) => holder.tool("get_job", { job_id: id })],
    ["get_job that waits", (holder: KeyHolder, id: string) => holder.tool("get_job", { job_id: id, wait_seconds: 1 })],
    ["cancel_job", (holder: KeyHolder, id: string) => holder.tool("cancel_job", { job_id: id })],
    ["GET /v1/jobs/{id}", (holder: KeyHolder, id: string) => holder.send("GET", `/v1/jobs/${id}`)],
    ["DELETE /v1/jobs/{id}", (holder: KeyHolder, id: string) => holder.send("DELETE", `/v1/jobs/${id}`)],
  ])("another owner's job is missing for %s, in the words of one that never was", async (_name, ask) => {
    const foreign = refusal(await ask(hark.ben, job), job);
    expect(foreign).toEqual(refusal(await ask(hark.ben, NEVER), NEVER));
    expect(foreign).toMatchObject({ status: 404, kind: "not_found" });
    expect((await ask(hark.ann, job)).status).toBe(200);
  });

  test("is in no list, and cannot be told from one that never was by the page behind it", async () => {
    expect((await hark.ann.tool("list_jobs", {})).json.jobs).toMatchObject([{ job_id: job }]);
    expect((await hark.ben.tool("list_jobs", {})).json).toEqual({ jobs: [], next_before: null });
    const early = await convert(hark.ben, { format: "wav", bit_depth: 24 });
    expect(early.json.status).toBe("done");
    await convert(hark.ann, { format: "wav", bit_depth: 24 });
    const [last] = z.array(z.object({ job_id: z.string() })).parse((await hark.ann.send("GET", "/v1/jobs")).json.jobs);
    const behind = (before: string) => hark.ben.tool("list_jobs", { before });
    expect((await behind(String(last?.job_id))).json).toEqual((await behind(NEVER)).json);
  });

  test("the same work for another owner is another job, with files of its own", async () => {
    const { json } = await convert(hark.ben);
    expect(json.status).toBe("done");
    expect(json.job_id).not.toBe(job);
    expect((await convert(hark.ann)).json.job_id).toBe(job);
  });

  test("resources of jobs and files are read by their owner only", async () => {
    const stranger = await hark.holder("carol");
    const read = async (holder: KeyHolder, uri: string) => {
      const client = await connectHttp(clientOf("2026-07-28"), `${hark.url}/mcp`, {
        authorization: `Bearer ${holder.key}`,
      });
      const text = await client.readResource({ uri }).then(
        () => "read",
        (error: Error) => error.message.replaceAll(uri, "URI").replaceAll(/job_\w+/g, "ID"),
      );
      await client.close();
      return text;
    };
    for (const [uri, never] of [
      [`hark://jobs/${job}`, `hark://jobs/${NEVER}`],
      [file.uri, `hark://files/${"0".repeat(64)}/x.flac`],
    ] as const) {
      expect(await read(hark.ann, uri)).toBe("read");
      expect(await read(stranger, uri)).toBe(await read(stranger, never));
      expect(await read(stranger, uri)).toContain("not_found");
    }
  });

  test("a signed link needs no key, and nothing but its signature opens a file", async () => {
    const whole = await fetch(file.download_url);
    expect(whole.status).toBe(200);
    expect(
      Buffer.from(await whole.arrayBuffer())
        .subarray(0, 4)
        .toString(),
    ).toBe("fLaC");
    expect(whole.headers.get("ratelimit-policy")).toContain("read");
    const bare = file.download_url.split("?")[0] ?? "";
    expect((await fetch(bare)).status).toBe(403);
    expect((await fetch(bare, { headers: { authorization: `Bearer ${hark.ann.key}` } })).status).toBe(403);
    expect((await fetch(file.download_url.replace(".flac", ".wav"))).status).toBe(403);
    expect((await fetch(file.download_url, { method: "DELETE" })).status).toBe(405);
  });

  test("asking and cancelling take write, output_dir takes files, looking takes read", async () => {
    const reader = await hark.holder("ann", ["read"]);
    expect(await convert(reader)).toMatchObject({ status: 403, json: { detail: expect.stringContaining('"write"') } });
    const cancelled = await reader.tool("cancel_job", { job_id: job });
    expect(cancelled).toMatchObject({ status: 403, json: { detail: expect.stringContaining('"write"') } });
    expect((await reader.send("DELETE", `/v1/jobs/${job}`)).status).toBe(403);
    expect((await reader.tool("get_job", { job_id: job })).status).toBe(200);
    expect((await reader.send("GET", `/v1/jobs/${job}`)).json).toMatchObject({ job_id: job, status: "done" });

    const writer = await hark.holder("ann", ["read", "write"]);
    const { track_id } = (await hark.ann.tool("get_job", { job_id: job })).json;
    const folder = join(hark.folder, "out");
    await mkdir(folder, { recursive: true });
    const place = { track_id, output_dir: folder };
    const refused = await convert(writer, place);
    expect(refused).toMatchObject({ status: 403, json: { detail: expect.stringContaining('"files"') } });
    expect((await convert(writer, { track_id })).status).toBe(200);
    expect((await convert(hark.ann, place)).status).toBe(200);
    expect((await readFile(join(folder, "secret-song.flac"))).subarray(0, 4).toString()).toBe("fLaC");
  });

  test("a job of an upload without any file on the server's disk reads what its owner kept", async () => {
    const writer = await hark.holder("dora", ["read", "write"]);
    const body = new FormData();
    body.append("file", new Blob([await readFile(path)]), "mine.wav");
    const headers = { authorization: `Bearer ${writer.key}` };
    const added = await fetch(`${hark.url}/v1/tracks`, { method: "POST", headers, body });
    const { track_id } = z.object({ track_id: z.string() }).parse(await added.json());
    expect((await convert(writer, { track_id })).json).toMatchObject({ status: "done" });
    expect((await convert(hark.ben, { track_id })).status).toBe(404);
  });

  test("downloads are limited by address where keys are required", async () => {
    await using strict = await startTwoOwners({ HARK_RATE_LIMIT: "read=3/10000s, write=20/10000s" });
    const url = `${strict.url}/v1/files/${"0".repeat(64)}/x.wav?expires=1&signature=x`;
    const seen: number[] = [];
    for (let count = 0; count < 4; count++) seen.push((await fetch(url)).status);
    expect(seen).toEqual([403, 403, 403, 429]);
  });
}
