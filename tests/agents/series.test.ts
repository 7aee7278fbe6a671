import { expect, test } from "vitest";
import { z } from "zod";
import { defineAgent } from "../../src/agents/agent.ts";
import { cutSeries, withoutSeries } from "../../src/agents/series.ts";

const agent = defineAgent({
  name: "example",
  version: 1,
  description: "Has one series of each kind.",
  needs: [],
  output: z.object({
    count: z.number(),
    times_seconds: z.array(z.number()),
    levels: z.object({ hop_seconds: z.number(), db: z.array(z.number()) }),
    parts: z.array(z.object({ start_seconds: z.number(), end_seconds: z.number(), label: z.string() })),
  }),
  series: { times_seconds: "times", levels: "sampled", parts: "segments" },
  analyse: () => result,
});

const result = {
  count: 3,
  times_seconds: [0, 1, 2, 3],
  levels: { hop_seconds: 0.1, db: Array.from({ length: 40 }, (_, n) => n) },
  parts: [
    { start_seconds: 0, end_seconds: 1.5, label: "A" },
    { start_seconds: 1.5, end_seconds: 3, label: "B" },
  ],
};

test("a summary leaves out every series", () => {
  expect(withoutSeries(agent, result)).toEqual({ count: 3 });
});

test("a range takes its begin and leaves its end, and keeps segments that reach into it whole", () => {
  expect(cutSeries(agent, result, 1, 1.5)).toEqual({
    count: 3,
    times_seconds: [1],
    levels: { hop_seconds: 0.1, db: [10, 11, 12, 13, 14], start_seconds: 1 },
    parts: [result.parts[0]],
  });
});

test("a range beyond the end is empty, an open one is whole", () => {
  expect(cutSeries(agent, result, 10, 20)).toMatchObject({ times_seconds: [], levels: { db: [] }, parts: [] });
  expect(cutSeries(agent, result, 0, Number.POSITIVE_INFINITY)).toMatchObject({
    times_seconds: [0, 1, 2, 3],
    parts: result.parts,
  });
});
