/** Files of jobs in an object store: signed links to them, and what hark gc makes of them. */
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import type { CallToolResult } from "@modelcontextprotocol/client";
import { afterAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { collectGarbage } from "../../src/jobs/garbage.ts";
import { runHark } from "../cli/run-hark.ts";
import { startS3Server } from "../files/s3-server.ts";
import { clientOf, connectHttp } from "../mcp/connect.ts";
import { startHttpServer } from "../mcp/http-server-process.ts";
import { openJobBench } from "./job-bench.ts";

const HOUR_MS = 3_600_000;
const FILE = z.object({ sha256: z.string(), download_url: z.url() });
const JOB = z.object({ job_id: z.string(), status: z.literal("done"), files: z.tuple([FILE]) });
const signal = new AbortController().signal;

const s3 = await startS3Server();
for (const [name, value] of Object.entries(s3.environment)) vi.stubEnv(name, value);
const bench = await openJobBench({
  HARK_TOOLSETS: "default,processing",
  HARK_STORE: s3.address,
  JOB_WAIT_MS: "20000",
  ...s3.environment,
});
const server = await startHttpServer(["tests/jobs/mcp-server-process.ts"], bench.settings);
const client = await connectHttp(clientOf("2026-07-28"), server.url);
afterAll(async () => {
  await client.close();
  await server.close();
  await s3[Symbol.asyncDispose]();
});
const recording = await bench.writeRecording("a.wav");
const bytes = Buffer.concat([await readFile(recording), Buffer.from("0")]);

async function copied(mark: string) {
  const answer = (await client.callTool({
    name: "copy_slowly",
    arguments: { track_id: recording, mark },
  })) as CallToolResult;
  return JOB.parse(answer.structuredContent);
}

test("signed links give files of the object store, whole, in part, and their heads", async () => {
  const {
    files: [{ sha256, download_url: url }],
  } = await copied("links");
  const ask = async (headers: Record<string, string> = {}, method = "GET") => {
    const answer = await fetch(url, { method, headers });
    return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
  };
  const whole = await ask();
  expect(whole.status).toBe(200);
  expect(whole.body.equals(bytes)).toBe(true);
  expect(whole.headers.get("etag")).toBe(`"${sha256}"`);
  // Not the first byte alone: s3rver 3.7.1 gives the whole file for bytes=0-0.
  for (const [range, from, to] of [
    ["bytes=0-9", 0, 10],
    ["bytes=1000-1999", 1000, 2000],
    ["bytes=-7", bytes.length - 7, bytes.length],
    [`bytes=${bytes.length - 1}-`, bytes.length - 1, bytes.length],
  ] as const) {
    const part = await ask({ range, "if-range": `"${sha256}"` });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe(`bytes ${from}-${to - 1}/${bytes.length}`);
    expect(part.body.equals(bytes.subarray(from, to))).toBe(true);
  }
  const head = await ask({}, "HEAD");
  expect(head.status).toBe(200);
  expect(head.headers.get("content-length")).toBe(String(bytes.length));
  expect((await ask({ range: `bytes=${bytes.length}-` })).status).toBe(416);
  expect((await ask({ "if-none-match": `"${sha256}"` })).status).toBe(304);
});

test("hark gc removes from the object store what no job refers to, and says what the store cannot tell", async () => {
  const { files } = bench.open({ HARK_WORKER: "0" });
  const store = await files.store();
  const kept = (await copied("kept")).files[0];
  const unused = await store.put(Readable.from(["nobody wants this"]), signal);
  const run = { home: bench.home, environment: { ...bench.settings, ...s3.environment } };
  const young = await runHark(["gc", "--json"], run);
  expect(JSON.parse(young.stdout)).toMatchObject({ files: 0, uploads: null, dry_run: false });
  expect((await runHark(["gc", "--dry-run"], run)).stdout).toContain("does not list unfinished uploads");
  expect(await store.size(unused.sha256)).not.toBeNull();

  const options = { jobs: bench.storage.jobs, store, foldersRoot: `${bench.home}/jobs`, dryRun: false };
  const later = Date.now() + 2 * HOUR_MS;
  // The recording itself went into the store for workers elsewhere; no job has made it.
  const garbage = await collectGarbage({ ...options, olderThanDays: null, now: later });
  expect(garbage.fileBytes).toBeGreaterThanOrEqual(unused.sizeBytes);
  expect(await store.size(unused.sha256)).toBeNull();
  expect(await store.size(kept.sha256)).toBe(bytes.length);
  expect((await fetch(kept.download_url)).status).toBe(200);

  await collectGarbage({ ...options, olderThanDays: 0.01, now: later });
  expect(await Array.fromAsync(store.list())).toEqual([]);
  const gone = await fetch(kept.download_url);
  expect(gone.status).toBe(404);
  expect(await gone.json()).toMatchObject({ kind: "not_found" });
  // The same work is done again, since its file is gone.
  expect((await copied("kept")).files[0].sha256).toBe(kept.sha256);
  expect((await fetch(kept.download_url)).status).toBe(200);
});
