import { expect, test } from "vitest";
import type { AnalysisKey } from "../../src/storage/analysis-repository.ts";
import { parametersHash } from "../../src/storage/parameters-hash.ts";
import { newTrack } from "./new-track.ts";
import { openTestStorage } from "./test-database.ts";

const { tracksOf, analyses, sql } = await openTestStorage();
const tracks = tracksOf("local");

const failure = { parameters: {}, error: { kind: "invalid_input", message: "no audio" }, expiresAt: null } as const;
const success = { parameters: {}, result: { tempo_bpm: 120 } };

async function newKey(values: Partial<AnalysisKey> = {}): Promise<AnalysisKey> {
  const { track } = await tracks.upsert(newTrack({}));
  return { trackId: track.id, agent: "tempo", agentVersion: 1, parametersHash: parametersHash({}), ...values };
}

test("hashes parameters alike in every order of their keys, nested ones too", () => {
  expect(parametersHash({ a: 1, b: { c: [1, 2], d: undefined } })).toBe(parametersHash({ b: { c: [1, 2] }, a: 1 }));
  expect(parametersHash({ a: [1, 2] })).not.toBe(parametersHash({ a: [2, 1] }));
  expect(parametersHash({})).toMatch(/^[0-9a-f]{64}$/);
});

test("gives back what was stored, and null for every other key", async () => {
  const key = await newKey();
  const result = { beats: Array.from({ length: 5000 }, (_, beat) => beat / 3), text: "ü\0\ud800" };
  await analyses.store(key, { parameters: { b: 1 }, result, warning: "broken off" }, 12.5);
  expect(await analyses.find(key)).toEqual({
    ...key,
    source: "builtin",
    parameters: { b: 1 },
    result: { ...result, text: "ü\ufffd" },
    error: null,
    warning: "broken off",
    expiresAt: null,
    durationMs: 12.5,
    createdAt: expect.any(Date),
  });
  for (const other of [
    { trackId: "trk_x" },
    { agent: "key" },
    { agentVersion: 2 },
    { parametersHash: "x" },
    { source: "x" },
  ]) {
    expect(await analyses.find({ ...key, ...other })).toBeNull();
  }
});

test("a failure is given until it expires", async () => {
  const key = await newKey();
  await analyses.store(key, { ...failure, expiresAt: new Date(Date.now() + 60_000) }, 1);
  expect(await analyses.find(key)).toMatchObject({
    result: null,
    error: { kind: "invalid_input", message: "no audio" },
  });
  await analyses.store(key, { ...failure, expiresAt: new Date(Date.now() - 1) }, 1);
  expect(await analyses.find(key)).toBeNull();
  expect(await analyses.listForTrack(key.trackId)).toEqual([]);
});

test("a result replaces a failure, and no failure replaces a result", async () => {
  const key = await newKey();
  await analyses.store(key, failure, 1);
  await analyses.store(key, success, 2);
  await analyses.store(key, failure, 3);
  expect(await analyses.find(key)).toMatchObject({
    result: success.result,
    error: null,
    expiresAt: null,
    durationMs: 2,
  });
  await analyses.store(key, { parameters: {}, result: { tempo_bpm: 121 } }, 4);
  expect(await analyses.find(key)).toMatchObject({ result: { tempo_bpm: 121 }, durationMs: 4 });
});

test("concurrent outcomes of one key leave one row, the result", async () => {
  const key = await newKey();
  await Promise.all(Array.from({ length: 10 }, (_, turn) => analyses.store(key, turn === 4 ? success : failure, turn)));
  expect(await analyses.listForTrack(key.trackId)).toMatchObject([{ result: success.result }]);
});

test("finds several keys in one query", async () => {
  const key = await newKey();
  const keys = ["beats", "key", "tempo"].map((agent) => ({ ...key, agent }));
  for (const one of keys.slice(0, 2)) await analyses.store(one, success, 1);
  expect((await analyses.findMany(keys)).map(({ agent }) => agent).sort()).toEqual(["beats", "key"]);
  expect(await analyses.findMany([])).toEqual([]);
});

test("goes with its track, and is refused after it", async () => {
  const key = await newKey();
  await analyses.store(key, success, 1);
  expect(await tracks.remove(key.trackId)).toBe(true);
  expect(await analyses.find(key)).toBeNull();
  await expect(analyses.store(key, success, 1)).rejects.toMatchObject({ kind: "not_found" });
});

test("the database itself refuses a row with a result and an error, or neither", async () => {
  const { trackId } = await newKey();
  const insert = (result: string | null, error: string | null) => sql`
    insert into analyses (track_id, agent, agent_version, parameters_hash, parameters, result, error, duration_ms)
    values (${trackId}, 'a', 1, 'h', '{}', ${result}::jsonb, ${error}::jsonb, 1)`;
  await expect(insert("{}", "{}")).rejects.toMatchObject({ code: "23514" });
  await expect(insert(null, null)).rejects.toMatchObject({ code: "23514" });
});
