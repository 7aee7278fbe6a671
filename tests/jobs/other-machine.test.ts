import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { startS3Server } from "../files/s3-server.ts";
import { finished, openJobBench, submit } from "./job-bench.ts";
import { copySlowly } from "./test-operations.ts";

const server = await startS3Server();
afterAll(() => server[Symbol.asyncDispose]());
for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
const bench = await openJobBench({ HARK_STORE: server.address, ...server.environment });
const elsewhere = await mkdtemp(join(tmpdir(), "hark-elsewhere-"));
afterAll(() => rm(elsewhere, { recursive: true, force: true }));

test("a worker that sees neither the recording nor the data folder fetches and stores in the object store", async () => {
  const application = bench.open({ HARK_WORKER: "0" });
  const { jobs, files } = application;
  const recording = await bench.writeRecording("a.wav");
  await bench.startWorker(1, { HARK_HOME: elsewhere, HARK_ROOTS: elsewhere });
  const { job } = await submit(application, copySlowly, recording);
  const done = await finished(jobs, job);
  expect(done).toMatchObject({ status: "done", error: null, files: [{ role: "copy_0" }] });
  expect(await (await files.store()).size(done.files[0]?.sha256 ?? "")).toBe(done.files[0]?.sizeBytes);
  await rm(recording);
  const gone = await submit(application, copySlowly, job.trackId, { mark: "the file has gone, its bytes have not" });
  expect(await finished(jobs, gone.job)).toMatchObject({ status: "done" });
});
