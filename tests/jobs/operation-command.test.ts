import { join } from "node:path";
import { expect, test } from "vitest";
import { gcCommand } from "../../src/cli/gc.ts";
import { toolCommand } from "../../src/cli/tool-command.ts";
import { workerCommand } from "../../src/cli/worker.ts";
import { operationTool } from "../../src/tools/operation-tool.ts";
import { finished, openJobBench, submit } from "./job-bench.ts";
import { copySlowly } from "./test-operations.ts";

const bench = await openJobBench();
const application = bench.open({}, { jobWaitMs: Number.POSITIVE_INFINITY, jobsEndWithCall: true });
const { services, apiKeys, jobs } = application;
const recording = await bench.writeRecording("a.wav");
const other = await bench.writeRecording("b.wav", 2);

async function run(command: typeof gcCommand, args: readonly string[], signal = new AbortController().signal) {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const database = { isExternal: true, status: async () => ({}), stop: async () => false };
  const context = {
    services,
    apiKeys,
    jobs,
    tools: [],
    version: "test",
    database,
    signal,
    print,
    note: print,
    logFailure: () => {},
  };
  return { code: await command.run(args, context), lines };
}

const command = toolCommand(operationTool(copySlowly));

test("words are recordings: one, or several", async () => {
  const one = await run(command, [recording, "--seconds", "0", "--json"]);
  expect(JSON.parse(one.lines.join("\n"))).toMatchObject({ status: "done", files: [{ filename: "copy.wav" }] });
  const two = await run(command, [recording, other, "--json"]);
  expect(JSON.parse(two.lines.join("\n"))).toMatchObject({
    status: "done",
    results: [{ status: "done" }, { status: "done" }],
  });
  await expect(run(command, [])).rejects.toMatchObject({ kind: "invalid_input" });
  expect(command.usage).toContain("copy_slowly TRACK…");
});

test("Ctrl-C cancels the job", async () => {
  const controller = new AbortController();
  const running = run(command, [recording, "--seconds", "30"], controller.signal);
  await expect.poll(async () => (await services.jobs.list({ status: "running", limit: 5 })).length).toBe(1);
  controller.abort();
  const said = expect.stringMatching(/^The job job_\w+ was cancelled/);
  await expect(running).rejects.toMatchObject({ kind: "cancelled", message: said });
  expect(await services.jobs.list({ status: "cancelled", limit: 5 })).toHaveLength(1);
});

test("hark gc says what it does", async () => {
  expect((await run(gcCommand, ["--dry-run"])).lines).toEqual([
    "Would remove 0 jobs, 0 files (0.0 MB), 0 folders, 0 unfinished uploads.",
  ]);
  const asked = await run(gcCommand, ["--older-than", "0", "--json"]);
  const garbage = JSON.parse(asked.lines.join(""));
  expect(garbage).toEqual({
    jobs: expect.any(Number),
    files: 0,
    file_bytes: 0,
    folders: 0,
    uploads: 0,
    dry_run: false,
  });
  expect(garbage.jobs).toBeGreaterThan(0);
  await expect(run(gcCommand, ["--older-than", "soon"])).rejects.toMatchObject({ kind: "invalid_input" });
});

test("hark worker works until it is stopped, on what it is told", async () => {
  const server = bench.open({ HARK_WORKER: "0" });
  const stopping = new AbortController();
  const idle = bench.open({ HARK_WORKER: "0" });
  const lines: string[] = [];
  const context = {
    services: idle.services,
    apiKeys: idle.apiKeys,
    jobs: idle.jobs,
    tools: [],
    version: "test",
    database: { isExternal: true, status: async () => ({}), stop: async () => false },
    signal: stopping.signal,
    print: () => {},
    note: (line: string) => void lines.push(line),
    logFailure: () => {},
  };
  const working = workerCommand.run(["--concurrency", "2", "--operations", "copy_slowly"], context);
  const { job } = await submit(server, copySlowly, recording, { mark: "for the worker" });
  expect(await finished(server.jobs, job)).toMatchObject({ status: "done" });
  stopping.abort();
  expect(await working).toBe(0);
  expect(lines).toEqual(["Working, 2 at a time: copy_slowly"]);
  for (const args of [["--concurrency", "0"], ["--operations", "none"], [join("a", "b")]]) {
    await expect(run(workerCommand, args)).rejects.toMatchObject({ kind: "invalid_input" });
  }
});
