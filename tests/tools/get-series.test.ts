import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineAgent } from "../../src/agents/agent.ts";
import { analysisResource } from "../../src/resources/analysis-resource.ts";
import { getSeries } from "../../src/tools/get-series.ts";
import { runTool } from "../../src/tools/run-tool.ts";
import { openStoredLibrary } from "./stored-library.ts";

const times = z.array(z.number());
const section = z.object({ start_seconds: z.number(), end_seconds: z.number(), label: z.string() });
const never = () => {
  throw new Error("results are stored");
};
const agent = { version: 1, description: "Stored.", needs: [], analyse: never };

const loudness = defineAgent({
  ...agent,
  name: "loudness",
  output: z.object({ integrated_lufs: z.number(), momentary: z.object({ hop_seconds: z.number(), lufs: times }) }),
  series: { momentary: "sampled" },
});
const rhythm = defineAgent({
  ...agent,
  name: "rhythm",
  output: z.object({ beat_times_seconds: times, downbeat_times_seconds: times }),
  series: { beat_times_seconds: "times", downbeat_times_seconds: "times" },
});
const structure = defineAgent({
  ...agent,
  name: "structure",
  output: z.object({ sections: z.array(section) }),
  series: { sections: "segments" },
});
const spectral = defineAgent({ ...agent, name: "spectral", output: z.object({ centroid_hz: z.number() }) });

const { context, add } = await openStoredLibrary([loudness, rhythm, structure, spectral]);

/** 20 s at 120 BPM: bars of 2 s from 0 s on; quiet but in bars 3 and 4; sections A B A. */
const lufs = Array.from({ length: 200 }, (_, hop) => (hop >= 40 && hop < 80 ? -10 : -30));
const song = await add(
  "song.wav",
  {
    loudness: { integrated_lufs: -16, momentary: { hop_seconds: 0.1, lufs } },
    rhythm: {
      beat_times_seconds: Array.from({ length: 40 }, (_, beat) => beat / 2),
      downbeat_times_seconds: Array.from({ length: 10 }, (_, bar) => bar * 2),
    },
    structure: {
      sections: ["A", "B", "A"].map((label, index) => ({
        start_seconds: [0, 4, 8][index],
        end_seconds: [4, 8, 20][index],
        label,
      })),
    },
  },
  20,
);
const rubato = await add("rubato.wav", {
  loudness: { integrated_lufs: -16, momentary: { hop_seconds: 0.1, lufs } },
  rhythm: { beat_times_seconds: [], downbeat_times_seconds: [], why_uncertain: "The beats are unsteady." },
  structure: { sections: [] },
});

const ask = (args: object) => runTool(getSeries, { track_id: song, agent: "loudness", ...args }, context);
const partsOf = async (args: object) =>
  z.object({ parts: z.array(z.looseObject({})) }).parse((await ask(args)).value).parts;
const refusal = (kind: string, message: RegExp) => ({ kind, message: expect.stringMatching(message) });

describe("a range", () => {
  test("in bars takes both, and answers how loud they are", async () => {
    const { value, text } = await ask({ from_bar: 3, to_bar: 4 });
    expect(value).toMatchObject({
      parts: [
        {
          from_seconds: 4,
          to_seconds: 8,
          begin: { bar: 3, beat: 1, section: "B" },
          end: { bar: 4, beat: 4, section: "B" },
          series: { momentary: { count: 40, statistics: { lufs: { mean: -10, min: -10, max: -10 } } } },
        },
      ],
    });
    expect(text).toContain("section B, bars 3 to 4, 4.0 to 8.0 s: momentary lufs -10 (-10 to -10)");
  });

  test("in seconds is the same part, without musical time", async () => {
    const [part] = await partsOf({ from_seconds: 4, to_seconds: 8 });
    const [bars] = await partsOf({ from_bar: 3, to_bar: 4 });
    expect(part).toEqual({ from_seconds: 4, to_seconds: 8, why_uncertain: null, series: bars?.series });
  });

  test("by a label that comes back has a part for each, by its occurrence one", async () => {
    expect(await partsOf({ section: "A" })).toMatchObject([
      { from_seconds: 0, to_seconds: 4, begin: { section: "A1", bar: 1 } },
      { from_seconds: 8, to_seconds: 20, begin: { section: "A2", bar: 5 } },
    ]);
    expect(await partsOf({ section: "a2" })).toMatchObject([{ from_seconds: 8 }]);
  });

  test("says when the bars or the section it was given in are uncertain", async () => {
    const waltz = await add("waltz.wav", {
      loudness: { momentary: { hop_seconds: 0.1, lufs } },
      rhythm: { beat_times_seconds: [0, 1, 2, 3], downbeat_times_seconds: [0, 3], meter_confidence: 0.4 },
      structure: { sections: [{ start_seconds: 0, end_seconds: 20, label: "A", confidence: 0.5 }] },
    });
    const { value, text } = await ask({ track_id: waltz, from_bar: 1, to_bar: 1 });
    expect(value).toMatchObject({ parts: [{ why_uncertain: expect.stringMatching(/meter.*0\.4/) }] });
    expect(text).toContain("chance of 0.4");
    expect(await partsOf({ track_id: waltz, section: "A" })).toMatchObject([
      { why_uncertain: "Section A has a confidence of 0.5." },
    ]);
    expect(await partsOf({ from_bar: 1, to_bar: 1 })).toMatchObject([{ why_uncertain: null }]);
  });

  test("that is left out is the whole track, and open ends reach its ends", async () => {
    expect(await partsOf({})).toMatchObject([
      { from_seconds: 0, to_seconds: 20, series: { momentary: { count: 200 } } },
    ]);
    expect(await partsOf({ from_bar: 10 })).toMatchObject([{ from_seconds: 18, to_seconds: 20 }]);
    expect(await partsOf({ to_bar: 1 })).toMatchObject([{ from_seconds: 0, to_seconds: 2 }]);
    expect(await partsOf({ from_seconds: 19 })).toMatchObject([{ to_seconds: 20 }]);
    expect(await partsOf({ from_seconds: 19, to_seconds: 500 })).toEqual(await partsOf({ from_seconds: 19 }));
  });
});

describe("a question that has no answer", () => {
  test.each([
    [{ from_bar: 9, to_bar: 11 }, refusal("invalid_input", /Bars 9 to 11 .*has bars 1 to 10\./)],
    [{ from_bar: 0, to_bar: 0 }, refusal("invalid_input", /bars 1 to 10/)],
    [{ from_bar: 1, from_seconds: 2 }, refusal("invalid_input", /several ways/)],
    [{ from_seconds: 5, to_seconds: 2 }, refusal("invalid_input", /begins at 5 s and ends at 2 s/)],
    [{ from_seconds: 1e9 }, refusal("invalid_input", /begins at 1000000000 s; the track ends at 20 s/)],
    [{ from_bar: 5, to_bar: 2 }, refusal("invalid_input", /begins at bar 5 and ends at bar 2; expected/)],
    [{ from_seconds: -1 }, refusal("invalid_input", /at least 0/)],
    [{ section: "C" }, refusal("not_found", /no section "C"\. There are: A1 \(0\.0-4\.0 s\), B .*A2/)],
    [{ series: "short_term" }, refusal("not_found", /loudness has no series "short_term"\. It has: momentary/)],
    [{ agent: "spectral" }, refusal("not_found", /These have: loudness, rhythm, structure/)],
    [{ track_id: rubato, from_bar: 1 }, refusal("not_found", /no downbeats are sure.*The beats are unsteady/)],
    [{ track_id: rubato, section: "A" }, refusal("not_found", /No sections are known/)],
  ])("%j is refused with what there is", async (args, error) => {
    await expect(ask(args)).rejects.toMatchObject(error);
  });
});

test("long answers are thinned until they fit", async () => {
  const values = Array.from({ length: 50_000 }, (_, hop) => -20 - (hop % 7) / 3);
  const long = await add("long.wav", { loudness: { momentary: { hop_seconds: 0.1, lufs: values } } }, 5000);
  const { value } = await ask({ track_id: long, max_points: 2000 });
  expect(JSON.stringify(value).length).toBeLessThan(20_000);
  expect(value).toMatchObject({ parts: [{ series: { momentary: { count: 50_000 } } }] });
});

describe("the resource", () => {
  const read = (query: Record<string, string>) =>
    analysisResource.read({ id: song, agent: "loudness", ...query }, context);

  test("is cut by bars and by section as by seconds", async () => {
    const seconds = await read({ from: "4", to: "8" });
    expect(seconds).toMatchObject({ momentary: { start_seconds: 4, lufs: Array(40).fill(-10) } });
    expect(await read({ from_bar: "3", to_bar: "4" })).toEqual(seconds);
    expect(await read({ section: "B" })).toEqual(seconds);
  });

  test("asks which of several sections, and refuses what is no range", async () => {
    await expect(read({ section: "A" })).rejects.toMatchObject(
      refusal("invalid_input", /2 times\. Name one of: A1, A2/),
    );
    await expect(read({ from_bar: "1.5" })).rejects.toMatchObject(refusal("invalid_input", /whole bars/));
    await expect(read({ from: "4", to: "2" })).rejects.toMatchObject({ kind: "invalid_input" });
    await expect(read({ from: "1000000000" })).rejects.toMatchObject({ kind: "invalid_input" });
  });

  test.each([{ from_bar: "0x10" }, { from: "0x10" }, { from: "" }, { to: "1e9" }, { foo: "1" }, { form: "2" }])(
    "refuses the query %j with what it may have",
    async (query) => {
      await expect(read(query)).rejects.toMatchObject(refusal("invalid_input", /may have from and to, .*nothing else/));
    },
  );

  test("takes decimals, and a range that reaches beyond the end", async () => {
    expect(await read({ from: "19.5", to: "30.25" })).toMatchObject({
      momentary: { start_seconds: 19.5, lufs: Array(5).fill(-30) },
    });
  });
});
