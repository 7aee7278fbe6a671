import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { descriptorDistance } from "../../src/agents/timbre-descriptor.ts";
import { parametersHash } from "../../src/storage/parameters-hash.ts";
import { openStorage } from "../../src/storage/storage.ts";
import type { SearchTracks } from "../../src/storage/track-search.ts";
import { newTrack } from "./new-track.ts";
import { createTestDatabase, openTestStorage } from "./test-database.ts";

const storage = await openTestStorage();
const { tracksOf, analyses, search } = storage;
const tracks = tracksOf("local");

const VERSIONS = { rhythm: 3, tonal: 2, loudness: 1, timbre: 1 };
const ANYTHING: SearchTracks = { versions: VERSIONS, tempoOctaves: true, order: "newest", limit: 50, offset: 0 };
const DEFAULTS = parametersHash({});

interface Song {
  readonly bpm?: number | null;
  readonly key?: readonly [string, string] | null;
  readonly lufs?: number;
  readonly descriptor?: readonly number[] | null;
  readonly seconds?: number;
  readonly artist?: string;
  readonly genre?: string[];
}

async function store(trackId: string, agent: keyof typeof VERSIONS, result: object, agentVersion = VERSIONS[agent]) {
  const key = { trackId, agent, agentVersion, parametersHash: DEFAULTS };
  await analyses.store(key, { parameters: {}, result: { ...result } }, 1);
}

/** Adds a track with the analyses that a song has. */
async function addSong(
  filename: string,
  { bpm, key, lufs, descriptor, seconds, artist, genre }: Song,
): Promise<string> {
  const template = newTrack({ filename, durationSeconds: seconds ?? 180 });
  const tags = { ...template.tags, artist: artist ?? null, genre: genre ?? [] };
  const { track } = await tracks.upsert({ ...template, tags });
  if (bpm !== undefined) await store(track.id, "rhythm", { tempo_bpm: bpm, confidence: 0.9 });
  if (key !== undefined)
    await store(track.id, "tonal", { key: key && { tonic: key[0], mode: key[1] }, confidence: 0.8 });
  if (lufs !== undefined) await store(track.id, "loudness", { integrated_lufs: lufs });
  if (descriptor !== undefined) await store(track.id, "timbre", { descriptor });
  return track.id;
}

const found = async (wanted: Partial<SearchTracks>): Promise<string[]> =>
  (await search("local", { ...ANYTHING, ...wanted })).items.map(({ filename }) => filename);

beforeAll(async () => {
  await addSong("house.mp3", { bpm: 124, key: ["A", "minor"], lufs: -8, seconds: 300, descriptor: [0, 0, 0] });
  await addSong("half.mp3", { bpm: 62, key: ["C", "major"], lufs: -14, seconds: 200, descriptor: [1, 0, 2] });
  await addSong("double.mp3", { bpm: 248, key: ["F#", "minor"], lufs: -12, seconds: 100, descriptor: [3, 4, 0] });
  await addSong("free.mp3", { bpm: null, key: null, lufs: -20, seconds: 600, descriptor: null });
  await addSong("words 100%.wav", { artist: "Ann Example", genre: ["Deep House", "Jazz"], seconds: 10 });
});

describe("tempo", () => {
  test("is found in its range, at half and double too", async () => {
    expect((await found({ tempoBpm: { min: 123, max: 125 } })).sort()).toEqual(["double.mp3", "half.mp3", "house.mp3"]);
    expect(await found({ tempoBpm: { min: 123, max: 125 }, tempoOctaves: false })).toEqual(["house.mp3"]);
    expect(await found({ tempoBpm: { min: 200 }, tempoOctaves: false })).toEqual(["double.mp3"]);
    expect(await found({ tempoBpm: { max: 62 }, tempoOctaves: false })).toEqual(["half.mp3"]);
  });

  test("is taken as it is where one end of the range is open, at no octave", async () => {
    expect(await found({ tempoBpm: { max: 70 } })).toEqual(["half.mp3"]);
    expect((await found({ tempoBpm: { min: 110 } })).sort()).toEqual(["double.mp3", "house.mp3"]);
    expect(await found({ tempoBpm: { min: 200 } })).toEqual(["double.mp3"]);
  });

  test("is found at its half and at its double alone", async () => {
    expect(await found({ tempoBpm: { min: 490, max: 500 } })).toEqual(["double.mp3"]);
    expect(await found({ tempoBpm: { min: 30, max: 32 } })).toEqual(["half.mp3"]);
  });

  test("sorts from slow to fast, with tracks without a tempo last", async () => {
    expect(await found({ order: "tempo" })).toEqual(["half.mp3", "house.mp3", "double.mp3", "free.mp3"]);
  });
});

test("keys, loudness and duration are found in what was asked for, and all of it must fit", async () => {
  expect((await found({ keys: ["A minor", "C major"] })).sort()).toEqual(["half.mp3", "house.mp3"]);
  expect(await found({ keys: [] })).toEqual([]);
  expect(await found({ integratedLufs: { min: -13, max: -9 } })).toEqual(["double.mp3"]);
  expect(await found({ durationSeconds: { min: 250 }, order: "duration" })).toEqual(["house.mp3", "free.mp3"]);
  expect(await found({ keys: ["A minor"], integratedLufs: { max: -10 } })).toEqual([]);
  expect((await found({ order: "loudness" }))[0]).toBe("house.mp3");
});

test("words may stand anywhere in file name and tags, and are taken literally", async () => {
  for (const query of ["ANN house", "jazz", "words", "100%", "example ann"]) {
    expect(await found({ query }), query).toEqual(["words 100%.wav"]);
  }
  expect(await found({ query: "ann miles" })).toEqual([]);
  expect(await found({ query: "_ords" })).toEqual([]);
  expect(await found({ query: " " })).toHaveLength(5);
});

test("words are found however their accents are encoded", async () => {
  const [composed, decomposed] = ["Été.mp3".normalize("NFC"), "Café.mp3".normalize("NFD")];
  const ids = [await addSong(composed, {}), await addSong(decomposed, {})];
  for (const form of ["NFC", "NFD"]) {
    expect(await found({ query: "été".normalize(form) }), form).toEqual([composed]);
    expect(await found({ query: "CAFÉ".normalize(form) }), form).toEqual([decomposed]);
  }
  for (const id of ids) await tracks.remove(id);
});

test("similar tracks come nearest first, at the distance that the timbre agent defines, without the track itself", async () => {
  const descriptor = [1, 1, 1];
  const { items } = await search("local", {
    ...ANYTHING,
    similarTo: { trackId: "trk_x", descriptor },
    order: "similarity",
  });
  expect(items.map(({ filename }) => filename)).toEqual(["half.mp3", "house.mp3", "double.mp3"]);
  expect(items[0]?.distance).toBeCloseTo(descriptorDistance(descriptor, [1, 0, 2]), 6);
  expect(items[2]?.distance).toBeCloseTo(descriptorDistance(descriptor, [3, 4, 0]), 6);
  const self = items[0]?.id ?? "";
  expect(await found({ similarTo: { trackId: self, descriptor }, order: "similarity" })).toEqual([
    "house.mp3",
    "double.mp3",
  ]);
});

test("says how many tracks match, how many there are, and how many were measured", async () => {
  const { items, total, librarySize, measured } = await search("local", {
    ...ANYTHING,
    tempoBpm: { min: 1 },
    limit: 2,
  });
  expect([items.length, total, librarySize]).toEqual([2, 3, 5]);
  expect(measured).toEqual({ rhythm: 4 });
  expect((await search("local", { ...ANYTHING, limit: 1 })).measured).toEqual({});
});

test("pages neither repeat nor miss a track, in every order", async () => {
  const similarTo = { trackId: "trk_x", descriptor: [0, 0, 0] };
  for (const order of ["newest", "tempo", "loudness", "duration", "similarity"] as const) {
    const wanted = order === "similarity" ? { order, similarTo } : { order };
    const whole = await found(wanted);
    const pages: string[] = [];
    for (let offset = 0; offset < whole.length; offset++) pages.push(...(await found({ ...wanted, offset, limit: 1 })));
    expect(pages, order).toEqual(whole);
    expect(whole.length, order).toBeGreaterThan(2);
  }
});

describe("what is stored", () => {
  test("by another version of an agent counts as not measured", async () => {
    const versions = { ...VERSIONS, rhythm: 4 };
    const { items, measured } = await search("local", { ...ANYTHING, versions, tempoBpm: { min: 1 } });
    expect([items, measured]).toEqual([[], { rhythm: 0 }]);
    const all = await search("local", { ...ANYTHING, versions });
    expect(all.items.map(({ tempoBpm }) => tempoBpm)).toEqual([null, null, null, null, null]);
    expect((await search("local", { ...ANYTHING, versions: { ...VERSIONS, timbre: undefined } })).total).toBe(5);
  });

  test("takes the place of an older version's, and never of a newer one's", async () => {
    const id = await addSong("changing.mp3", { bpm: 100 });
    await store(id, "rhythm", { tempo_bpm: 50, confidence: 1 }, VERSIONS.rhythm - 1);
    expect(await tempoOf("changing.mp3", VERSIONS)).toBe(100);
    await store(id, "rhythm", { tempo_bpm: 101, confidence: 1 }, VERSIONS.rhythm + 1);
    expect(await tempoOf("changing.mp3", VERSIONS)).toBeNull();
    expect(await tempoOf("changing.mp3", { ...VERSIONS, rhythm: VERSIONS.rhythm + 1 })).toBe(101);
    await tracks.remove(id);
    expect(await found({ query: "changing" })).toEqual([]);
  });

  test("with other parameters, or as a failure, is not searched", async () => {
    const { track } = await tracks.upsert(newTrack({ filename: "limited.mp3" }));
    const parameters = { min_tempo_bpm: 150 };
    const key = { trackId: track.id, agent: "rhythm", agentVersion: 3, parametersHash: parametersHash(parameters) };
    await analyses.store(key, { parameters, result: { tempo_bpm: 160, confidence: 1 } }, 1);
    const error = { kind: "invalid_input", message: "no audio" } as const;
    await analyses.store({ ...key, parametersHash: DEFAULTS }, { parameters: {}, error, expiresAt: null }, 1);
    expect(await tempoOf("limited.mp3", VERSIONS)).toBeNull();
    await tracks.remove(track.id);
  });

  test("before there was a search is found after the migration", async () => {
    const database = await createTestDatabase();
    const old = await openStorage(database);
    const { track } = await old.tracksOf("local").upsert(newTrack({ filename: "old.mp3" }));
    const results = {
      rhythm: { tempo_bpm: 90.5, confidence: 0.75 },
      tonal: { key: { tonic: "Eb", mode: "major" }, confidence: 0.5 },
      loudness: { integrated_lufs: null },
    };
    for (const [agent, result] of Object.entries(results)) {
      const key = { trackId: track.id, agent, parametersHash: DEFAULTS };
      for (const agentVersion of [1, 2])
        await old.analyses.store(
          { ...key, agentVersion },
          { parameters: {}, result: { ...result, version: agentVersion } },
          1,
        );
    }
    await old.sql`truncate track_facts`;
    const migration = await readFile(new URL("../../drizzle/0001_track_facts.sql", import.meta.url), "utf8");
    await old.sql.unsafe(migration.split("--> statement-breakpoint").at(-1) ?? "");

    const versions = { rhythm: 2, tonal: 2, loudness: 2, timbre: 1 };
    const { items } = await old.search("local", { ...ANYTHING, versions, query: "old", keys: ["Eb major"] });
    expect(items).toEqual([
      {
        id: track.id,
        filename: "old.mp3",
        durationSeconds: 1,
        tempoBpm: 90.5,
        tempoConfidence: 0.75,
        key: "Eb major",
        keyConfidence: 0.5,
        integratedLufs: null,
        distance: null,
      },
    ]);
    await old.close();
  });
});

async function tempoOf(filename: string, versions: SearchTracks["versions"]): Promise<number | null | undefined> {
  const { items } = await search("local", { ...ANYTHING, versions, query: filename });
  return items[0]?.tempoBpm;
}
