import { expect, test } from "vitest";
import { openJobBench, submit } from "./job-bench.ts";
import { copySlowly } from "./test-operations.ts";

const bench = await openJobBench();

test("many jobs at once on a queue that nobody has used yet do not wait for each other's connections", async () => {
  const application = bench.open({ HARK_WORKER: "0" });
  const recording = await bench.writeRecording("a.wav");
  await application.services.library.resolve(recording, new AbortController().signal);
  const marks = Array.from({ length: 16 }, (_, number) => String(number));
  const asked = await Promise.all(marks.map((mark) => submit(application, copySlowly, recording, { mark })));
  expect(asked.every(({ created }) => created)).toBe(true);
  expect(await application.jobs.list("local", { limit: 50 })).toHaveLength(16);
});
