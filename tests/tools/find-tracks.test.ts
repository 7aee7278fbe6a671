import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AGENTS } from "../../src/agents/registry.ts";
import { findTracks } from "../../src/tools/find-tracks.ts";
import { runTool } from "../../src/tools/run-tool.ts";
import { openStoredLibrary } from "./stored-library.ts";

const { context, add } = await openStoredLibrary(AGENTS);

const song = (
  tempo_bpm: number | null,
  [tonic, mode]: readonly [string, string],
  integrated_lufs: number,
  timbre: number[],
) => ({
  rhythm: { tempo_bpm, confidence: 0.9 },
  tonal: { key: { tonic, mode }, confidence: 0.8 },
  loudness: { integrated_lufs },
  timbre: { descriptor: timbre },
});
const house = await add("house.mp3", song(124, ["A", "minor"], -8, [0, 0]), 300);
await add("dub.mp3", song(62, ["E", "minor"], -14, [3, 4]), 200);
await add("drum and bass.mp3", song(174, ["F", "major"], -7, [1, 0]), 250);
const unmeasured = await add("unmeasured.mp3", {});
const silent = await add("silent.wav", { timbre: { descriptor: null, why_null: "The file is digital silence." } });

const ANSWER = z.object({
  tracks: z.array(z.looseObject({ filename: z.string() })),
  total: z.number(),
  next_cursor: z.string().nullable(),
  not_measured: z.array(z.looseObject({ agent: z.string(), tracks: z.number() })),
});
const find = async (args: object) => {
  const { value, text } = await runTool(findTracks, args, context);
  return { ...ANSWER.parse(value), text };
};
const names = async (args: object) => (await find(args)).tracks.map(({ filename }) => filename);

test("says which multiple of a tempo matched", async () => {
  const { tracks } = await find({ min_tempo_bpm: 120, max_tempo_bpm: 128, sort: "tempo" });
  expect(tracks).toMatchObject([
    { filename: "dub.mp3", tempo_match: "half" },
    { filename: "house.mp3", tempo_match: "same", tempo_bpm: 124, tempo_confidence: expect.closeTo(0.9, 5) },
  ]);
  expect(await names({ min_tempo_bpm: 120, max_tempo_bpm: 128, tempo_octaves: false })).toEqual(["house.mp3"]);
});

test("says that a tempo is double of one asked for, and takes one limit as it is", async () => {
  const { tracks } = await find({ min_tempo_bpm: 85, max_tempo_bpm: 90 });
  expect(tracks).toMatchObject([{ filename: "drum and bass.mp3", tempo_match: "double" }]);
  expect((await find({ max_tempo_bpm: 70 })).tracks).toMatchObject([{ filename: "dub.mp3", tempo_match: "same" }]);
  expect(await names({ min_tempo_bpm: 150 })).toEqual(["drum and bass.mp3"]);
});

test("finds a key by name and by Camelot code, and those that mix with it", async () => {
  expect(await names({ key: "Am" })).toEqual(["house.mp3"]);
  expect(await names({ key: "8A" })).toEqual(["house.mp3"]);
  const { tracks } = await find({ key: "8A", compatible_keys: true });
  expect(tracks).toMatchObject([
    { filename: "dub.mp3", camelot: "9A", key_match: "neighbour" },
    { filename: "house.mp3", key: "A minor", key_match: "same" },
  ]);
});

test("says how many tracks a search cannot see, and how to have them measured", async () => {
  const { not_measured, text } = await find({ min_lufs: -10 });
  expect(not_measured).toMatchObject([
    { agent: "loudness", tracks: 2, remedy: expect.stringContaining("analyse_loudness") },
  ]);
  expect(text).toBe("2 of 2 tracks that match; 2 without loudness were not searched");
  expect(await find({ query: "mp3" })).toMatchObject({ total: 4, not_measured: [] });
});

test("ranks by similarity to a track, which may be combined with everything else", async () => {
  const { tracks } = await find({ similar_to: house });
  expect(tracks).toMatchObject([
    { filename: "drum and bass.mp3", distance: expect.closeTo(Math.SQRT1_2, 3) },
    { filename: "dub.mp3", distance: expect.closeTo(5 / Math.SQRT2, 3) },
  ]);
  expect(await names({ similar_to: house, max_lufs: -10 })).toEqual(["dub.mp3"]);
});

test("pages through all that match", async () => {
  const first = await find({ min_tempo_bpm: 1, limit: 2, sort: "duration" });
  expect(first).toMatchObject({ total: 3, next_cursor: "2" });
  const second = await find({ min_tempo_bpm: 1, limit: 2, sort: "duration", cursor: first.next_cursor });
  expect(second.next_cursor).toBeNull();
  expect([...first.tracks, ...second.tracks].map(({ filename }) => filename)).toEqual([
    "dub.mp3",
    "drum and bass.mp3",
    "house.mp3",
  ]);
});

describe("a search that makes no sense is refused with what to do", () => {
  test.each([
    [{ key: "H" }, "invalid_input", /"H" is no key\. Expected/],
    [{ compatible_keys: true }, "invalid_input", /Name a key/],
    [{ min_tempo_bpm: 130, max_tempo_bpm: 120 }, "invalid_input", /swap them/],
    [{ sort: "similarity" }, "invalid_input", /similar_to/],
    [{ cursor: "next" }, "invalid_input", /next_cursor/],
    [{ similar_to: silent }, "invalid_input", /silent\.wav: The file is digital silence/],
    [{ similar_to: unmeasured }, "not_found", /No timbre analysis/],
  ])("%j", async (args, kind, message) => {
    await expect(find(args)).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
  });
});
