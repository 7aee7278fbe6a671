import { expect, test } from "vitest";
import { z } from "zod";
import { AGENTS } from "../../src/agents/registry.ts";
import { compareTracks } from "../../src/tools/compare-tracks.ts";
import { runTool } from "../../src/tools/run-tool.ts";
import { openStoredLibrary } from "./stored-library.ts";

const { context, add } = await openStoredLibrary(AGENTS);

const BANDS = { sub: -20, bass: -6, low_mid: -8, mid: -6, high_mid: -12, presence: -18, brilliance: -20, air: -30 };

interface Song {
  readonly bpm?: number | null;
  readonly key?: readonly [string, string] | null;
  readonly lufs?: number | null;
  readonly sure?: number;
}

const results = ({ bpm = 120, key = ["A", "minor"], lufs = -14, sure = 1 }: Song) => ({
  temporal: { duration_seconds: 200, crest_factor_db: 12, why_null: null },
  spectral: { centroid_hz: { mean: 1500, std: 100 }, why_null: null },
  rhythm: { tempo_bpm: bpm, confidence: sure, why_uncertain: bpm === null ? "No pulse." : null },
  tonal: {
    key: key && { tonic: key[0], mode: key[1] },
    confidence: sure,
    tuning_cents: 0,
    why_uncertain: key === null ? "Nothing is tonal." : null,
  },
  loudness: {
    integrated_lufs: lufs,
    loudness_range_lu: 6,
    true_peak_dbtp: -1,
    why_null: lufs === null ? "Silence." : null,
  },
  quality: { width: 0.1, why_null: null },
  timbre: { band_levels_db: BANDS, why_null: null },
});
const compare = (...track_ids: string[]) => runTool(compareTracks, { track_ids }, context);

const DIFFERENCES = z.array(
  z.object({
    track_id: z.string(),
    differences: z.array(z.object({ steps: z.number() })),
    smaller_differences: z.number(),
  }),
);

const reference = await add("reference.wav", results({}));

test("ranks what differs, and says whether tempo and key mix", async () => {
  const other = await add("other.wav", results({ bpm: 126, key: ["E", "minor"], lufs: -9 }));
  const { value, text } = await compare(reference, other);
  expect(value).toMatchObject({
    tracks: [
      { track_id: reference, camelot: "8A" },
      { track_id: other, camelot: "9A", tempo_bpm: 126 },
    ],
    comparisons: [
      {
        track_id: other,
        differences: expect.arrayContaining([expect.objectContaining({ measure: "tempo_bpm", text: "5.0 % faster" })]),
        smaller_differences: 0,
        not_compared: [],
        tempo: { relation: "same", stretch_percent: -4.76, varispeed_semitones: -0.84 },
        key: { relation: "neighbour", compatible: true, semitones: 0 },
      },
    ],
  });
  expect(value).toMatchObject({ comparisons: [{ differences: [expect.anything(), expect.anything()] }] });
  expect(text).toMatch(
    /^other\.wav against reference\.wav: 5\.0 LU louder, 5\.0 % faster\.\n {2}120 and 126 BPM: 4\.8 % slower/,
  );
});

test("carries doubts over", async () => {
  const { value, text } = await compare(reference, await add("doubtful.wav", results({ sure: 0.55 })));
  expect(value).toMatchObject({ comparisons: [{ tempo: { confidence: 0.55 }, key: { confidence: 0.55 } }] });
  expect(text).toContain("their keys are uncertain: 0.55");
});

test("what cannot be compared is named with the reason", async () => {
  const drone = await add("drone.wav", results({ bpm: null, key: null, lufs: null }));
  const { value, text } = await compare(drone, reference);
  expect(value).toMatchObject({
    comparisons: [
      {
        tempo: null,
        key: null,
        not_compared: expect.arrayContaining([
          { measure: "tempo_bpm", reason: "reference: No pulse." },
          { measure: "key", reason: "reference: Nothing is tonal." },
          { measure: "integrated_lufs", reason: "reference: Silence." },
        ]),
      },
    ],
  });
  expect(text).toContain("no tempo to compare; no key to compare");
});

test("ten tracks fit into an answer, each compared with the first", async () => {
  const others: string[] = [];
  for (let index = 1; index < 10; index++)
    others.push(await add(`${index}.wav`, results({ bpm: 100 + index, lufs: -20 + index })));
  const { value } = await compare(reference, ...others);
  expect(JSON.stringify(value).length).toBeLessThan(20_000);
  expect(value).toMatchObject({ comparisons: others.map((track_id) => ({ track_id })) });
});

test("ten tracks with the longest names that differ in everything fit too, with their greatest differences", async () => {
  const name = (index: number) => `${index}${"long name ".repeat(25)}.wav`;
  const unlike = (index: number) => ({
    ...results({ bpm: 90 + 3 * index, key: ["F#", "major"], lufs: -30 + index, sure: 0.5 }),
    temporal: { duration_seconds: 100 + index, crest_factor_db: 20 + index, why_null: null },
    spectral: { centroid_hz: { mean: 2500 + index, std: 100 }, why_null: null },
    quality: { width: 0.7, why_null: null },
    timbre: {
      band_levels_db: Object.fromEntries(Object.keys(BANDS).map((band) => [band, -40 - index])),
      why_null: null,
    },
  });
  const ids: string[] = [];
  for (let index = 1; index < 10; index++) ids.push(await add(name(index), unlike(index)));
  const { value } = await compare(await add(name(0), results({ sure: 0.5 })), ...ids);
  expect(JSON.stringify(value).length).toBeLessThan(20_000);
  expect(value.tracks).toHaveLength(10);
  const comparisons = DIFFERENCES.parse(value.comparisons);
  expect(comparisons.map(({ track_id }) => track_id)).toEqual(ids);
  for (const { differences, smaller_differences } of comparisons) {
    expect(differences.length).toBeGreaterThan(0);
    expect(smaller_differences).toBe(14 - differences.length);
    expect(differences.map(({ steps }) => steps)).toEqual(differences.map(({ steps }) => steps).sort((a, b) => b - a));
  }
});

test("nine tracks against silence fit, each measure with its reason", async () => {
  const nothing = {
    why_null: "The file is empty or digital silence, so nothing of it can be measured at all. ".repeat(3),
  };
  const silent = { ...Object.fromEntries(Object.keys(results({})).map((agent) => [agent, nothing])) };
  const ids: string[] = [];
  for (let index = 1; index < 10; index++) ids.push(await add(`against ${index}.wav`, results({ bpm: 100 + index })));
  const { value } = await compare(await add("nothing.wav", silent), ...ids);
  expect(JSON.stringify(value).length).toBeLessThan(20_000);
  expect(value).toMatchObject({ comparisons: ids.map(() => ({ differences: [], not_compared: expect.anything() })) });
});

test("equal tracks have no difference that is noticed", async () => {
  const { text } = await compare(reference, await add("copy.wav", results({})));
  expect(text).toContain("no difference that is noticed");
});

test.each([
  ["one track", [reference], /track_ids/],
  ["a track with itself", [reference, reference], /reference\.wav was named twice/],
])("%s is refused", async (_name, references, message) => {
  await expect(compare(...references)).rejects.toMatchObject({
    kind: "invalid_input",
    message: expect.stringMatching(message),
  });
});

test("a track that cannot be measured is named", async () => {
  const bare = await add("bare.wav", {});
  await expect(compare(reference, bare)).rejects.toMatchObject({
    message: expect.stringMatching(/^bare\.wav: No \w+ analysis/),
  });
});
