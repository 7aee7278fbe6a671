import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CallToolResult, Client, Progress } from "@modelcontextprotocol/client";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { clientOf, connectHttp } from "../mcp/connect.ts";
import { startHttpServer } from "../mcp/http-server-process.ts";
import { linesOf, openJobBench } from "./job-bench.ts";

const FILE = z.object({
  filename: z.string(),
  sha256: z.string(),
  uri: z.string().nullable(),
  download_url: z.string().nullable(),
  path: z.string().nullable(),
});
const JOB = z.object({ job_id: z.string(), status: z.string(), files: z.array(FILE), value: z.unknown() });

const bench = await openJobBench({ HARK_TOOLSETS: "default,processing", HARK_JOBS: "2", JOB_WAIT_MS: "2500" });
const server = await startHttpServer(["tests/jobs/mcp-server-process.ts"], bench.settings);
const client: Client = clientOf("2026-07-28");
await connectHttp(client, server.url);
afterAll(async () => {
  await client.close();
  await server.close();
});
const recording = await bench.writeRecording("a.wav");

const call = async (name: string, args: Record<string, unknown>, onprogress?: (progress: Progress) => void) =>
  (await client.callTool({ name, arguments: args }, onprogress === undefined ? {} : { onprogress })) as CallToolResult;
const textOf = ({ content: [first] }: CallToolResult) => (first?.type === "text" ? first.text : "");

test("plain analysis starts no queue", async () => {
  expect((await call("list_tracks", {})).isError).toBeFalsy();
  const [row] = await bench.storage.sql`select to_regclass('hark_queue.queue') as queue`;
  expect(row?.queue).toBeNull();
});

test("a tool runs its job, tells progress, and gives the result with links", async () => {
  const reports: Progress[] = [];
  const result = await call("copy_slowly", { track_id: recording, seconds: 1.2 }, (progress) => reports.push(progress));
  const { status, files } = JOB.parse(result.structuredContent);
  expect(status).toBe("done");
  expect(reports.length).toBeGreaterThan(1);
  expect(reports.some(({ message }) => message?.startsWith("step"))).toBe(true);
  expect(reports.map(({ progress }) => progress)).toEqual(
    reports.map(({ progress }) => progress).toSorted((a, b) => a - b),
  );
  const [file] = files;
  expect(result.content).toContainEqual(
    expect.objectContaining({ type: "resource_link", uri: file?.uri, mimeType: "audio/wav" }),
  );
  const expected = Buffer.concat([await readFile(recording), Buffer.from("0")]);
  const { contents } = await client.readResource({ uri: file?.uri ?? "" });
  const [content] = contents;
  expect(content).toMatchObject({ mimeType: "audio/wav", blob: expected.toString("base64") });
  await expect(client.readResource({ uri: `hark://files/${"0".repeat(64)}/x.wav` })).rejects.toThrow();
});

test("downloads need their signature, and can go on in the middle", async () => {
  const { files } = JOB.parse(
    (await call("copy_slowly", { track_id: recording, filename: "ä b.wav" })).structuredContent,
  );
  const url = files[0]?.download_url ?? "";
  const expected = Buffer.concat([await readFile(recording), Buffer.from("0")]);
  const whole = await fetch(url);
  expect(whole.status).toBe(200);
  expect(whole.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''%C3%A4%20b.wav");
  expect(Buffer.from(await whole.arrayBuffer()).equals(expected)).toBe(true);
  for (const [range, contentRange, part] of [
    ["bytes=10-19", "10-19", expected.subarray(10, 20)],
    ["bytes=88240-", `88240-${expected.length - 1}`, expected.subarray(88240)],
    ["bytes=-5", `${expected.length - 5}-${expected.length - 1}`, expected.subarray(-5)],
  ] as const) {
    const answer = await fetch(url, { headers: { range } });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("content-range")).toBe(`bytes ${contentRange}/${expected.length}`);
    expect(Buffer.from(await answer.arrayBuffer()).equals(part)).toBe(true);
  }
  expect((await fetch(url, { headers: { range: "bytes=99999999-" } })).status).toBe(416);
  expect((await fetch(url, { method: "HEAD" })).headers.get("content-length")).toBe(String(expected.length));
  expect((await fetch(url.replace(/signature=./, "signature=_"))).status).toBe(403);
  expect((await fetch(url.replace("%20", "_"))).status).toBe(403);
  expect((await fetch(url.split("?")[0] ?? "")).status).toBe(403);
  expect((await fetch(url, { method: "POST" })).status).toBe(405);
});

test("downloads answer conditions as RFC 9110 has them", async () => {
  const { files } = JOB.parse((await call("copy_slowly", { track_id: recording })).structuredContent);
  const url = files[0]?.download_url ?? "";
  const etag = `"${files[0]?.sha256}"`;
  const { length } = Buffer.concat([await readFile(recording), Buffer.from("0")]);
  const ask = async (headers: Record<string, string>, method = "GET") => {
    const answer = await fetch(url, { method, headers });
    const bytes = (await answer.arrayBuffer()).byteLength;
    return { status: answer.status, bytes, etag: answer.headers.get("etag") };
  };
  const range = "bytes=10-19";
  const whole = { status: 200, bytes: length, etag };
  const part = { status: 206, bytes: 10, etag };
  const unchanged = { status: 304, bytes: 0, etag };
  // The same content goes on; for another, or one that only looks alike, all of it begins again.
  expect(await ask({ range, "if-range": etag })).toEqual(part);
  for (const other of ['"another"', `W/${etag}`, files[0]?.sha256 ?? "", "Wed, 21 Oct 2026 07:28:00 GMT"]) {
    expect(await ask({ range, "if-range": other })).toEqual(whole);
  }
  expect(await ask({ "if-range": '"another"' })).toEqual(whole);
  expect(await ask({ range: "BYTES=10-19" })).toEqual(part);
  for (const same of [etag, `W/${etag}`, "*", `"another", W/${etag} , "x"`]) {
    expect(await ask({ "if-none-match": same })).toEqual(unchanged);
    expect(await ask({ "if-none-match": same }, "HEAD")).toEqual(unchanged);
    expect(await ask({ "if-none-match": same, range })).toEqual(unchanged);
  }
  expect(await ask({ "if-none-match": '"another"' })).toEqual(whole);
  expect(await ask({ "if-none-match": '"another"', range })).toEqual(part);
  for (const right of [etag, "*", `"another",${etag}`]) expect(await ask({ "if-match": right })).toEqual(whole);
  for (const wrong of ['"another"', `W/${etag}`]) {
    expect(await ask({ "if-match": wrong, range })).toMatchObject({ status: 412 });
  }
  // Ranges are defined for GET alone.
  expect(await ask({ range }, "HEAD")).toEqual({ ...whole, bytes: 0 });
  expect((await fetch(url, { method: "HEAD", headers: { range } })).headers.get("content-length")).toBe(`${length}`);
});

test("hands a long job over, which get_job follows to its end", async () => {
  const startedAt = performance.now();
  const handed = await call("copy_slowly", { track_id: recording, seconds: 5, mark: "long" });
  const waitedMs = performance.now() - startedAt;
  expect(waitedMs).toBeGreaterThan(2_000);
  expect(waitedMs).toBeLessThan(4_500);
  const { job_id, status, value } = JOB.parse(handed.structuredContent);
  expect({ status, value }).toEqual({ status: "running", value: null });
  expect(textOf(handed)).toContain(`get_job with job_id ${job_id}`);
  const done = await call("get_job", { job_id, wait_seconds: 20 });
  expect(JOB.parse(done.structuredContent)).toMatchObject({ status: "done", files: [{ filename: "copy.wav" }] });
  expect((await call("get_job", { job_id: "job_0" })).isError).toBe(true);
});

test("a value that is too long for an answer is read as a resource", async () => {
  const result = await call("copy_slowly", { track_id: recording, words: 30_000 });
  const { job_id, status, value } = JOB.parse(result.structuredContent);
  expect({ status, value }).toEqual({ status: "done", value: null });
  expect(textOf(result)).toContain(`read hark://jobs/${job_id}`);
  const { contents } = await client.readResource({ uri: `hark://jobs/${job_id}` });
  const [content] = contents;
  const whole = z
    .object({ value: z.object({ word: z.string() }) })
    .parse(JSON.parse(content !== undefined && "text" in content ? content.text : ""));
  expect(whole.value.word).toHaveLength(30_000);
});

test("the protocol stays awake while a job computes, and cancel_job ends it", async () => {
  const pids = join(bench.home, "pids");
  const handed = await call("burn", { track_id: recording, seconds: 30, pids });
  const { job_id } = JOB.parse(handed.structuredContent);
  await expect.poll(() => existsSync(pids), { timeout: 10_000 }).toBe(true);
  const times: number[] = [];
  for (let ping = 0; ping < 20; ping++) {
    const startedAt = performance.now();
    await client.listTools();
    times.push(performance.now() - startedAt);
  }
  expect(times.toSorted((a, b) => a - b)[10]).toBeLessThan(200);
  expect((await call("cancel_job", { job_id })).structuredContent).toMatchObject({
    status: "cancelled",
    cancelled: true,
  });
  expect((await call("cancel_job", { job_id })).structuredContent).toMatchObject({ cancelled: false });
  expect((await call("get_job", { job_id })).structuredContent).toMatchObject({ status: "cancelled", files: [] });
});

test("several recordings: what can be done is done", async () => {
  const other = await bench.writeRecording("b.wav", 2);
  const text = join(bench.music, "text.wav");
  await writeFile(text, "no audio at all");
  const result = await call("copy_slowly", { track_ids: [recording, text, other, "trk_0"], mark: "several" });
  expect(result.isError).toBeFalsy();
  const { results } = z.object({ results: z.array(z.looseObject({})) }).parse(result.structuredContent);
  expect(result.structuredContent).toMatchObject({ status: "partial" });
  expect(results.map(({ status }) => status)).toEqual(["done", "failed", "done", "failed"]);
  expect(results[1]).toMatchObject({ track_id: text, job_id: null, error: { kind: "invalid_input" } });
  expect(results[3]).toMatchObject({ error: { kind: "not_found" } });
  expect(textOf(result)).toContain("2 of 4 done; 2 failed");
});

test("more than fits into an answer is named, and given by get_job", async () => {
  const names = Array.from({ length: 20 }, (_, number) => `many-${number}.wav`);
  const many = await Promise.all(names.map((name, number) => bench.writeRecording(name, 0.1 + number / 100)));
  const asked = { track_ids: many, copies: 8 };
  const isDone = async () => textOf(await call("copy_slowly", asked)).includes("20 of 20 done");
  await expect.poll(isDone, { timeout: 20_000 }).toBe(true);
  const result = await call("copy_slowly", asked);
  const { results } = z
    .object({ results: z.array(z.looseObject({ job_id: z.string() })) })
    .parse(result.structuredContent);
  expect(results).toHaveLength(20);
  expect(results[0]).not.toHaveProperty("files");
  expect(textOf(result)).toContain("20 of 20 done. Not all fits here");
  const one = await call("get_job", { job_id: results[7]?.job_id });
  expect(JOB.parse(one.structuredContent).files).toHaveLength(8);
});

test("says what is wrong with a request", async () => {
  for (const args of [{}, { track_id: recording, track_ids: [recording] }, { track_ids: [] }]) {
    expect((await call("copy_slowly", args)).isError).toBe(true);
  }
  const outside = await call("copy_slowly", { track_id: recording, output_dir: "/etc" });
  expect(textOf(outside)).toContain("forbidden: output_dir is outside");
  const failed = await call("fail_times", {
    track_id: recording,
    state: join(bench.home, "state"),
    times: 1,
    kind: "invalid_input",
  });
  expect(textOf(failed)).toMatch(/^invalid_input: It was to fail\. \(job_/);
});

test("puts files where they are wanted, with no link", async () => {
  const outputDir = join(bench.music, "out");
  await mkdir(outputDir);
  const result = await call("copy_slowly", { track_id: recording, output_dir: outputDir });
  expect(JOB.parse(result.structuredContent).files).toMatchObject([
    { path: join(outputDir, "copy.wav"), uri: null, download_url: null },
  ]);
  expect(await readdir(outputDir)).toEqual(["copy.wav"]);
});

test("lists jobs in pages, newest first", async () => {
  const page = z.object({
    jobs: z.array(z.object({ job_id: z.string(), created_at: z.string() })),
    next_before: z.string().nullable(),
  });
  const all = page.parse((await call("list_jobs", { limit: 50 })).structuredContent);
  const first = page.parse((await call("list_jobs", { limit: 3 })).structuredContent);
  const second = page.parse((await call("list_jobs", { limit: 3, before: first.next_before })).structuredContent);
  expect([...first.jobs, ...second.jobs]).toEqual(all.jobs.slice(0, 6));
  expect(all.next_before).toBeNull();
  const failed = page.parse((await call("list_jobs", { status: "failed", operation: "fail_times" })).structuredContent);
  expect(failed.jobs).toHaveLength(1);
});

test("a server that is stopped hands its job back, and the next one finishes it", { timeout: 60_000 }, async () => {
  const log = join(bench.home, "restart");
  const handed = await call("copy_slowly", { track_id: recording, seconds: 5, log });
  const { job_id } = JOB.parse(handed.structuredContent);
  expect(await server.close()).toBe(0);
  await using next = await startHttpServer(["tests/jobs/mcp-server-process.ts"], bench.settings);
  const again = await connectHttp(clientOf("2026-07-28"), next.url);
  try {
    await expect.poll(async () => (await linesOf(log)).length, { timeout: 1_000 }).toBe(1);
    const args = { name: "get_job", arguments: { job_id, wait_seconds: 30 } };
    expect((await again.callTool(args)).structuredContent).toMatchObject({ status: "done" });
    expect((await linesOf(log)).map((line) => line.split(" ")[0])).toEqual(["began", "began", "done"]);
  } finally {
    await again.close();
  }
});
