/** The SDK's client over HTTP with arguments, cancellations and links that nobody should send. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CallToolResult, Progress } from "@modelcontextprotocol/client";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { signedLinks, signingKey } from "../../src/files/signed-links.ts";
import { openJobBench } from "../jobs/job-bench.ts";
import { clientOf, connectHttp, type Era } from "./connect.ts";
import { startHttpServer } from "./http-server-process.ts";

const JOB = z.object({
  job_id: z.string(),
  status: z.string(),
  files: z.array(z.object({ sha256: z.string(), filename: z.string(), download_url: z.string() })),
});

const settings = { HARK_TOOLSETS: "default,processing", HARK_JOBS: "3" };
const bench = await openJobBench({ ...settings, JOB_WAIT_MS: "20000" });
const server = await startHttpServer(["tests/jobs/mcp-server-process.ts"], bench.settings);
afterAll(() => server.close());
const recording = await bench.writeRecording("a.wav");

const connect = (era: Era) => connectHttp(clientOf(era), server.url);
type Connected = Awaited<ReturnType<typeof connect>>;
const call = async (
  client: Connected,
  name: string,
  args: Record<string, unknown>,
  options: { signal?: AbortSignal; onprogress?: (progress: Progress) => void } = {},
) => (await client.callTool({ name, arguments: args }, options)) as CallToolResult;
const textOf = ({ content: [first] }: CallToolResult) => (first?.type === "text" ? first.text : "");

describe.each(["2025-11-25", "2026-07-28"] as const)("in %s", (era) => {
  test("arguments that are none are refused in words, and the server goes on", async () => {
    const client = await connect(era);
    const text = join(bench.music, "text.wav");
    await writeFile(text, "no audio at all");
    const cases: readonly (readonly [args: Record<string, unknown>, kind: RegExp])[] = [
      [{}, /^invalid_input: .*track_id/],
      [{ track_id: "" }, /^invalid_input/],
      [{ track_id: 7 }, /^invalid_input/],
      [{ track_id: "x".repeat(100_000) }, /^(invalid_input|not_found)/],
      [{ track_id: "trk_0\0" }, /^(invalid_input|not_found|forbidden)/],
      [{ track_id: "\ud800" }, /^(invalid_input|not_found|forbidden)/],
      [{ track_id: "../../../etc/passwd" }, /^(invalid_input|not_found|forbidden)/],
      [{ track_id: "/etc/passwd" }, /^forbidden/],
      [{ track_id: "file:///etc/passwd" }, /^(invalid_input|not_found|forbidden)/],
      [{ track_id: "concat:a.wav|b.wav" }, /^(invalid_input|not_found|forbidden)/],
      [{ track_id: `${recording}\n; rm -rf /` }, /^(invalid_input|not_found|forbidden)/],
      [{ track_id: text }, /^invalid_input/],
      [{ track_id: bench.music }, /^(invalid_input|not_found)/],
      [{ track_id: recording, track_ids: [recording] }, /^invalid_input/],
      [{ track_ids: [] }, /^invalid_input/],
      [{ track_ids: Array.from({ length: 21 }, () => recording) }, /^invalid_input/],
      [{ track_id: recording, seconds: "1" }, /^invalid_input/],
      [{ track_id: recording, unknown: 1 }, /^invalid_input.*unknown/],
      [{ track_id: recording, __proto__: { seconds: 1 }, constructor: 1 }, /^invalid_input/],
      [{ track_id: recording, output_dir: "/etc" }, /^forbidden/],
      [{ track_id: recording, output_dir: "../.." }, /^(invalid_input|forbidden|not_found)/],
      [{ track_id: recording, output_dir: "a\0b" }, /^(invalid_input|forbidden|not_found)/],
      [{ track_id: recording, output_dir: recording }, /^invalid_input/],
      [{ folder: bench.music }, /^invalid_input: folder needs output_dir/],
    ];
    expect(cases.length).toBeGreaterThan(0);
    for (const [args, kind] of cases) {
      const answer = await call(client, "copy_slowly", args);
      expect([answer.isError, textOf(answer)], JSON.stringify(args).slice(0, 200)).toEqual([
        true,
        expect.stringMatching(kind),
      ]);
      expect(textOf(answer)).not.toMatch(/node_modules|at Object|select |ENOENT|EACCES/);
      expect(textOf(answer).length).toBeLessThan(2000);
    }
    for (const job_id of ["", "job_0", "x".repeat(10_000), "job_\0", "%00", "1 or 1=1"]) {
      for (const name of ["get_job", "cancel_job"]) {
        expect(textOf(await call(client, name, { job_id })), job_id.slice(0, 20)).toMatch(/^(invalid_input|not_found)/);
      }
    }
    expect((await call(client, "list_jobs", {})).structuredContent).toMatchObject({ jobs: expect.any(Array) });
    await client.close();
  });

  test("a call that is cancelled in mid job leaves the job to those who still wait for it", async () => {
    const [one, two] = [await connect(era), await connect(era)];
    const work = { track_id: recording, seconds: 4, mark: `cancelled ${era}` };
    const stop = new AbortController();
    const heard = { one: 0, two: 0 };
    const first = call(one, "copy_slowly", work, { signal: stop.signal, onprogress: () => heard.one++ });
    first.catch(() => {});
    await expect.poll(() => heard.one, { timeout: 15_000 }).toBeGreaterThan(1);
    const second = call(two, "copy_slowly", work, { onprogress: () => heard.two++ });
    await expect.poll(() => heard.two, { timeout: 15_000 }).toBeGreaterThan(0);
    stop.abort();
    await expect(first).rejects.toThrow();
    const done = JOB.parse((await second).structuredContent);
    expect(done.status).toBe("done");
    // The client that cancelled is served as before, and finds the job.
    const again = JOB.parse((await call(one, "copy_slowly", work)).structuredContent);
    expect(again.job_id).toBe(done.job_id);
    await Promise.all([one.close(), two.close()]);
  });

  test("a client that goes away in mid call leaves its job, which another cancels for both that wait", async () => {
    const [gone, waiting, other] = [await connect(era), await connect(era), await connect(era)];
    const work = { track_id: recording, seconds: 30, mark: `left ${era}` };
    call(gone, "copy_slowly", work).catch(() => {});
    const answer = call(waiting, "copy_slowly", work);
    const running = async () => {
      const { jobs } = z
        .object({ jobs: z.array(z.looseObject({ job_id: z.string() })) })
        .parse((await call(other, "list_jobs", { status: "running" })).structuredContent);
      return jobs.map(({ job_id }) => job_id);
    };
    await expect.poll(running, { timeout: 15_000 }).toHaveLength(1);
    await gone.close();
    const [job_id] = await running();
    const cancelled = await call(other, "cancel_job", { job_id });
    expect(cancelled.structuredContent).toMatchObject({ status: "cancelled", cancelled: true });
    expect(textOf(await answer)).toBe(`copy_slowly was cancelled (${job_id}).`);
    expect((await call(other, "get_job", { job_id })).structuredContent).toMatchObject({
      status: "cancelled",
      files: [],
    });
    await Promise.all([waiting.close(), other.close()]);
  });
});

test("links that are expired, bent or of another server open nothing", async () => {
  const client = await connect("2026-07-28");
  const { files } = JOB.parse((await call(client, "copy_slowly", { track_id: recording })).structuredContent);
  const [file] = files;
  if (file === undefined) throw new Error("the job has no file");
  const { origin } = new URL(file.download_url);
  const key = await signingKey(null, bench.home);
  const signed = (agoMs: number, secret: Buffer, sha256 = file.sha256) =>
    signedLinks(secret, () => Date.now() - agoMs).sign(sha256, file.filename);
  const ask = async (path: string) => {
    const answer = await fetch(`${origin}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  expect((await ask(signed(0, key))).status).toBe(200);
  expect(await ask(signed(3_601_000, key))).toMatchObject({ status: 403, text: expect.stringContaining("expired") });
  expect(await ask(signed(0, Buffer.alloc(32)))).toMatchObject({
    status: 403,
    text: expect.stringContaining("not one"),
  });
  expect((await ask(signed(0, key, "0".repeat(64)))).status).toBe(404);
  const good = new URL(`${origin}${signed(0, key)}`);
  const bent: readonly ((link: URL) => void)[] = [
    (link) => link.searchParams.set("expires", "9999999999"),
    (link) => link.searchParams.set("expires", "1e99"),
    (link) => link.searchParams.append("expires", "0"),
    (link) => link.searchParams.set("signature", ""),
    (link) => link.searchParams.set("signature", "é".repeat(43)),
    (link) => link.searchParams.set("signature", "x".repeat(5000)),
    (link) => (link.pathname = link.pathname.toUpperCase().replace("/V1/FILES", "/v1/files")),
    (link) => (link.pathname = link.pathname.replace(file.sha256, "..%2f..%2fetc%2fpasswd")),
    (link) => (link.pathname = `${link.pathname}%00`),
  ];
  for (const [index, bend] of bent.entries()) {
    const link = new URL(good);
    bend(link);
    const { status } = await ask(link.pathname + link.search);
    // A parameter that is named twice counts as it came first.
    expect(status, `case ${index}`).toBe(index === 2 ? 200 : 403);
  }
  await client.close();
});
