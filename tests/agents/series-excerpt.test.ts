import { expect, test } from "vitest";
import { z } from "zod";
import { defineAgent } from "../../src/agents/agent.ts";
import { seriesExcerpts } from "../../src/agents/series-excerpt.ts";

const result = {
  times_seconds: [0, 1, 2, 3],
  levels: { hop_seconds: 0.5, rms_dbfs: [-10, -20, null, -10, -10, -10], hz: [100, null, 300, 100, 100, 100] },
  parts: [
    { start_seconds: 0, end_seconds: 1.5, label: "A" },
    { start_seconds: 1.5, end_seconds: 3, label: "B" },
  ],
  curve: null,
};

const agent = defineAgent({
  name: "example",
  version: 1,
  description: "Has one series of each kind, and one that may be null.",
  needs: [],
  output: z.object({
    times_seconds: z.array(z.number()),
    levels: z.object({
      hop_seconds: z.number(),
      rms_dbfs: z.array(z.number().nullable()),
      hz: z.array(z.number().nullable()),
    }),
    parts: z.array(z.object({ start_seconds: z.number(), end_seconds: z.number(), label: z.string() })),
    curve: z.object({ hop_seconds: z.number() }).nullable(),
  }),
  series: { times_seconds: "times", levels: "sampled", parts: "segments" },
  analyse: () => result,
});

const excerpt = (name: string, from: number, to: number, points: number) =>
  seriesExcerpts(agent, result, [name], { from, to }, points)[name];

test("lists count what is in the range, and say how many entries they leave out", () => {
  expect(excerpt("times_seconds", 1, 4, 2)).toEqual({ count: 3, times_seconds: [1, 2], omitted: 1 });
  expect(excerpt("parts", 2, 4, 2)).toEqual({ count: 1, parts: [result.parts[1]], omitted: 0 });
});

test("begins keep their decimals hours into a recording", () => {
  const values = Array.from({ length: 1000 }, (_, hop) => hop);
  const long = { ...result, levels: { hop_seconds: 11.6099773, rms_dbfs: values, hz: values } };
  const { start_seconds } = seriesExcerpts(agent, long, ["levels"], { from: 10_800.1, to: 11_000 }, 10).levels ?? {};
  expect(start_seconds).toBe(10_808.888866);
});

test("levels are averaged as powers, with silence as no power; other values over those there are", () => {
  const mean = 10 * Math.log10((0.1 + 0.01 + 0) / 3);
  expect(excerpt("levels", 0, 1.5, 100)).toEqual({
    count: 3,
    start_seconds: 0,
    hop_seconds: 0.5,
    averaged: 1,
    statistics: {
      rms_dbfs: { mean: expect.closeTo(mean, 2), min: -20, max: -10, null_values: 1 },
      hz: { mean: 200, min: 100, max: 300, null_values: 1 },
    },
    rms_dbfs: [-10, -20, null],
    hz: [100, null, 300],
  });
});

test("too many values are averaged in blocks, while the statistics stay those of all", () => {
  const { averaged, hop_seconds, rms_dbfs, hz, statistics } = excerpt("levels", 0, 3, 3) ?? {};
  expect({ averaged, hop_seconds, hz }).toEqual({ averaged: 2, hop_seconds: 1, hz: [100, 200, 100] });
  expect(rms_dbfs).toEqual([-12.6, -13.01, -10]);
  expect(statistics).toMatchObject({ rms_dbfs: { min: -20, max: -10 }, hz: { mean: 140 } });
});

test("a range without values has none, and says so", () => {
  expect(excerpt("levels", 10, 20, 3)).toMatchObject({
    count: 0,
    rms_dbfs: [],
    statistics: { hz: { mean: null, min: null, max: null, null_values: 0 } },
  });
});

test("a series that was not measured stays null", () => expect(excerpt("curve", 0, 3, 3)).toBeNull());
