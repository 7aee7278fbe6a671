import { expect, test } from "vitest";
import type { NewTrack } from "../../src/storage/track-repository.ts";
import { newTrack } from "./new-track.ts";
import { openTestStorage } from "./test-database.ts";

const { tracksOf, sql } = await openTestStorage();
const tracks = tracksOf("local");

async function add(values: Partial<NewTrack>) {
  return (await tracks.upsert(newTrack(values))).track;
}

test("gives a new track an id, status pending and its own values back", async () => {
  const wanted = newTrack({ sizeBytes: 3 * 2 ** 40, durationSeconds: 12.25 });
  const { track, created } = await tracks.upsert(wanted);
  expect(created).toBe(true);
  expect(track).toMatchObject({ ...wanted, status: "pending", statusMessage: null });
  expect(track.id).toMatch(/^trk_[0-9a-f]{20}$/);
  expect(await tracks.findById(track.id)).toEqual(track);
});

test("finds nothing under unknown ids and paths, whatever characters they hold", async () => {
  expect(await tracks.findById("trk_none\0")).toBeNull();
  expect(await tracks.findByPath("/no/such\0path")).toBeNull();
  expect(await tracks.remove("trk_none")).toBe(false);
});

test("keeps one row for the same bytes and remembers where they were seen last", async () => {
  const first = await add({ path: "/music/old.wav", filename: "old.wav" });
  const again = await tracks.upsert(
    newTrack({ sha256: first.sha256, path: "/music/new.wav", filename: "new.wav", fileStamp: "2" }),
  );
  expect(again.created).toBe(false);
  expect(again.track).toMatchObject({ id: first.id, path: "/music/new.wav", filename: "new.wav", fileStamp: "2" });
  expect(again.track.createdAt).toEqual(first.createdAt);
  expect(await tracks.findByPath("/music/old.wav")).toBeNull();
});

test("concurrent additions of the same bytes give one track", async () => {
  const same = newTrack({});
  const outcomes = await Promise.all(Array.from({ length: 12 }, () => tracks.upsert(same)));
  expect(new Set(outcomes.map(({ track }) => track.id)).size).toBe(1);
  expect(outcomes.filter(({ created }) => created)).toHaveLength(1);
});

test("finds by path the track that was seen there last", async () => {
  const before = await add({ path: "/music/changed.wav" });
  const after = await add({ path: "/music/changed.wav" });
  expect((await tracks.findByPath("/music/changed.wav"))?.id).toBe(after.id);
  await tracks.updateLocation(before.id, "/music/changed.wav", "seen again");
  expect(await tracks.findByPath("/music/changed.wav")).toMatchObject({ id: before.id, fileStamp: "seen again" });
});

test("takes paths of 4096 bytes", async () => {
  const path = `/${"a".repeat(4095)}`;
  expect((await add({ path })).path).toBe(path);
  expect((await tracks.findByPath(path))?.path).toBe(path);
});

test("cleans what Postgres cannot hold out of file names and tags", async () => {
  const tags = { ...newTrack({}).tags, title: "a\0b \ud800 \\u0000 ü" };
  const track = await add({ filename: "x\0y.wav", tags });
  expect(track.filename).toBe("xy.wav");
  expect(track.tags.title).toBe("ab \ufffd \\u0000 ü");
});

test("sets and clears a status", async () => {
  const { id } = await add({});
  await tracks.setStatus(id, "failed", "no audio");
  expect(await tracks.findById(id)).toMatchObject({ status: "failed", statusMessage: "no audio" });
  await tracks.setStatus(id, "ready", null);
  expect(await tracks.findById(id)).toMatchObject({ status: "ready", statusMessage: null });
});

test("pages through all tracks, newest first, each once, while others are added", async () => {
  await sql`delete from tracks`;
  const added: string[] = [];
  for (let count = 0; count < 7; count++) added.unshift((await add({})).id);
  // Rows of the same millisecond are told apart by their id.
  await sql`update tracks set created_at = (select min(created_at) from tracks) where id in ${sql(added.slice(2, 5))}`;
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await tracks.list({ limit: 2, cursor });
    expect(page.total).toBe(7 + seen.length / 2);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
    await add({});
  } while (cursor !== undefined);
  expect(seen).toHaveLength(7);
  expect(new Set(seen)).toEqual(new Set(added));
  expect(seen.slice(0, 2)).toEqual(added.slice(0, 2));
});

test("the last page has no cursor, also when it is full", async () => {
  await sql`delete from tracks`;
  await add({});
  await add({});
  expect((await tracks.list({ limit: 2 })).nextCursor).toBeNull();
  expect((await tracks.list({ limit: 1 })).nextCursor).not.toBeNull();
});

test("refuses a cursor that it did not give", async () => {
  const text = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  for (const cursor of ["", "nonsense", text({}), text([1e20, "x"]), text([1, 2]), text([1])]) {
    await expect(tracks.list({ limit: 1, cursor })).rejects.toMatchObject({ kind: "invalid_input" });
  }
});

test("searches name, title and artist in any case and takes wildcards literally", async () => {
  await sql`delete from tracks`;
  const tags = newTrack({}).tags;
  const named = await add({ filename: "100%_Live.WAV" });
  const titled = await add({ filename: "b.wav", tags: { ...tags, title: "Étoile filante" } });
  const byArtist = await add({ filename: "c.wav", tags: { ...tags, artist: "back\\slash" } });
  const ids = async (query: string) => (await tracks.list({ query, limit: 10 })).items.map(({ id }) => id);
  expect(await ids("live")).toEqual([named.id]);
  expect(await ids("0%_l")).toEqual([named.id]);
  expect(await ids("%")).toEqual([named.id]);
  expect(await ids("ÉTOILE")).toEqual([titled.id]);
  expect(await ids("K\\S")).toEqual([byArtist.id]);
  expect(await ids("nothing like it\0")).toEqual([]);
  expect(await ids("")).toHaveLength(3);
});

test("filters by status", async () => {
  await sql`delete from tracks`;
  const { id } = await add({});
  await add({});
  await tracks.setStatus(id, "ready", null);
  const page = await tracks.list({ status: "ready", limit: 10 });
  expect(page.items.map((track) => track.id)).toEqual([id]);
  expect(page.total).toBe(1);
});

test("completes ids", async () => {
  await sql`delete from tracks`;
  const { id } = await add({});
  expect(await tracks.completeIds(id.slice(0, 9), 5)).toEqual([id]);
  expect(await tracks.completeIds("", 5)).toEqual([id]);
  expect(await tracks.completeIds("trk%", 5)).toEqual([]);
});
