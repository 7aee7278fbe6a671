/** The library on a real database and real files. */
import { createReadStream } from "node:fs";
import { copyFile, mkdtemp, readdir, realpath, rename, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import { findFfmpeg } from "../../src/audio/ffmpeg.ts";
import { type Caller, LOCAL_CALLER, SCOPES, type Scope } from "../../src/caller.ts";
import { AppError } from "../../src/errors.ts";
import { TrackLibrary } from "../../src/tracks/track-library.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { openTestStorage } from "../storage/test-database.ts";

const RATE = 8000;
const MAX_FILE_BYTES = 100_000;

const storage = await openTestStorage();
const folder = await realpath(await mkdtemp(join(tmpdir(), "hark-library-")));
const filesFolder = join(folder, "kept");
const libraryOf = (caller: Caller) =>
  new TrackLibrary({
    caller,
    storage: async () => storage,
    roots: [folder],
    filesFolder,
    limits: { maxFileBytes: MAX_FILE_BYTES, maxDurationSeconds: 60, maxChannels: 8, maxDecodeSeconds: 10 },
    ffmpeg: () => findFfmpeg(null),
  });
const library = libraryOf(LOCAL_CALLER);
const { signal } = new AbortController();
let nextHz = 100;

afterAll(() => rm(folder, { recursive: true, force: true }));

const wav = (hz: number, seconds = 1) => wavFile([sine(hz, RATE, seconds * RATE)], RATE);

async function newFile(name: string): Promise<string> {
  nextHz += 1;
  const path = join(folder, name);
  await writeFile(path, wav(nextHz));
  return path;
}

/** Names of the files that are kept, of all owners. */
async function keptFiles(): Promise<string[]> {
  const entries = await readdir(filesFolder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe("adding", () => {
  test("a file is probed, and found again by its path and its id", async () => {
    const path = await newFile("a.wav");
    const { track, created } = await library.add(path, signal);
    expect(created).toBe(true);
    expect(track).toMatchObject({
      filename: "a.wav",
      durationSeconds: 1,
      status: "pending",
      format: { codec: "pcm_s16le", sampleRateHz: RATE, channels: 1 },
    });
    expect((await library.add(path, signal)).created).toBe(false);
    expect((await library.resolve(path, signal)).id).toBe(track.id);
    expect((await library.resolve(track.id, signal)).id).toBe(track.id);
  });

  test("the same bytes under another name are the same track", async () => {
    const path = await newFile("original.wav");
    const copy = join(folder, "copy.wav");
    await copyFile(path, copy);
    const first = await library.add(path, signal);
    const second = await library.add(copy, signal);
    expect(second).toMatchObject({ created: false, track: { id: first.track.id } });
  });

  test("other bytes at the same path, even of the same size and time, are another track", async () => {
    const path = await newFile("replaced.wav");
    const { atime, mtime } = await stat(path);
    const first = await library.add(path, signal);
    await newFile("replaced.wav");
    await utimes(path, atime, mtime);
    const second = await library.add(path, signal);
    expect(second.created).toBe(true);
    expect(second.track.id).not.toBe(first.track.id);
  });

  test("many at once give one track", async () => {
    const path = await newFile("many.wav");
    const added = await Promise.all(Array.from({ length: 8 }, () => library.add(path, signal)));
    expect(new Set(added.map(({ track }) => track.id)).size).toBe(1);
    expect(added.filter(({ created }) => created)).toHaveLength(1);
  });

  test("what is no audio or too large is refused, and nothing is stored", async () => {
    const { total } = await storage.tracksOf("local").list({ limit: 1 });
    await writeFile(join(folder, "text.wav"), "not audio at all");
    await writeFile(join(folder, "large.wav"), wav(50, 10));
    await expect(library.add(join(folder, "text.wav"), signal)).rejects.toMatchObject({ kind: "invalid_input" });
    await expect(library.add(join(folder, "large.wav"), signal)).rejects.toThrow("HARK_MAX_FILE_MB");
    expect((await storage.tracksOf("local").list({ limit: 1 })).total).toBe(total);
  });
});

describe("opening", () => {
  test("a file that only moved in time is opened again", async () => {
    const path = await newFile("touched.wav");
    const { track } = await library.add(path, signal);
    await utimes(path, new Date(0), new Date(0));
    await using file = await library.openSource(track, signal);
    expect(file.path).toBe(path);
    expect((await library.get(track.id)).fileStamp).toBe(file.stamp);
  });

  test("a file that moved away is not found, until it is added where it is now", async () => {
    const path = await newFile("moving.wav");
    const { track } = await library.add(path, signal);
    await rename(path, join(folder, "moved.wav"));
    await expect(library.openSource(track, signal)).rejects.toMatchObject({ kind: "not_found" });
    const again = await library.add(join(folder, "moved.wav"), signal);
    expect(again.track.id).toBe(track.id);
    await using file = await library.openSource(again.track, signal);
    expect(file.path).toBe(join(folder, "moved.wav"));
  });
});

describe("bytes without a file", () => {
  test("are kept until the track is removed", async () => {
    const bytes = wav(3000);
    const track = await library.addStream(
      Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]),
      "standard input",
      signal,
    );
    expect(track.filename).toBe("standard input");
    expect(await keptFiles()).toEqual([track.sha256]);
    expect(await library.remove(track)).toBe(true);
    expect(await keptFiles()).toEqual([]);
    await expect(library.get(track.id)).rejects.toMatchObject({ kind: "not_found" });
  });

  test("that are known already leave the track where and what it was", async () => {
    const path = await newFile("known.wav");
    const { track } = await library.add(path, signal);
    const again = await library.addStream(createReadStream(path), "standard input", signal);
    expect(again).toMatchObject({ id: track.id, filename: "known.wav", path });
    expect(await keptFiles()).toEqual([]);
  });

  test("give way to the user's own file with the same bytes", async () => {
    const path = await newFile("later.wav");
    const streamed = await library.addStream(createReadStream(path), "standard input", signal);
    expect(await keptFiles()).toHaveLength(1);
    const { track } = await library.add(path, signal);
    expect(track).toMatchObject({ id: streamed.id, filename: "later.wav", path });
    expect(await keptFiles()).toEqual([]);
  });

  test.each([
    ["too many", () => Readable.from([wav(60, 10)]), /HARK_MAX_FILE_MB/],
    ["none", () => Readable.from([]), /./],
    ["no audio", () => Readable.from([Buffer.alloc(5000, 7)]), /./],
    ["a stream that breaks", () => Readable.from(breaking()), /gone/],
  ])("%s leave no file and no track", async (_name, stream, message) => {
    const { total } = await storage.tracksOf("local").list({ limit: 1 });
    await expect(library.addStream(stream(), "standard input", signal)).rejects.toThrow(message);
    expect(await keptFiles()).toEqual([]);
    expect((await storage.tracksOf("local").list({ limit: 1 })).total).toBe(total);
  });
});

test("removing a track leaves the user's file", async () => {
  const path = await newFile("stays.wav");
  const { track } = await library.add(path, signal);
  expect(await library.remove(track)).toBe(true);
  expect((await stat(path)).isFile()).toBe(true);
});

async function* breaking(): AsyncGenerator<Buffer> {
  yield wav(70).subarray(0, 1000);
  throw new Error("the source is gone");
}

describe("two owners", () => {
  const caller = (owner: string, scopes: readonly Scope[] = SCOPES): Caller => ({
    owner,
    keyId: owner,
    scopes: new Set(scopes),
  });
  const ann = libraryOf(caller("ann"));
  const ben = libraryOf(caller("ben"));
  const stream = (bytes: Buffer) => Readable.from([bytes]);

  test("have a track each of the same file, and neither sees the other's", async () => {
    const path = await newFile("shared.wav");
    const { track } = await ann.add(path, signal);
    const other = await ben.add(path, signal);
    expect(other.created).toBe(true);
    expect(other.track.id).not.toBe(track.id);
    expect(await ben.find(track.id)).toBeNull();
    expect(await ben.remove(track)).toBe(false);
    expect((await ann.get(track.id)).path).toBe(path);
    expect((await ann.list({ limit: 50 })).items.map(({ id }) => id)).toEqual([track.id]);
    expect(await ben.completeIds("trk_", 50)).toEqual([other.track.id]);
  });

  test("what is not theirs is missing in the same words as what never was", async () => {
    const { track } = await ann.add(await newFile("private.wav"), signal);
    const never = `trk_${"0".repeat(20)}`;
    const words = async (id: string) => {
      const error = await ben.get(id).catch((problem: unknown) => problem);
      return error instanceof AppError && [error.kind, error.message.replace(id, "ID")];
    };
    expect(await words(track.id)).toEqual(await words(never));
    expect(await words(never)).toMatchObject(["not_found", expect.stringContaining("ID")]);
  });

  test("removing one's copy leaves the other's", async () => {
    const bytes = wav(4321);
    const mine = await ann.addStream(stream(bytes), "a.wav", signal);
    const yours = await ben.addStream(stream(bytes), "b.wav", signal);
    expect(mine.path).not.toBe(yours.path);
    expect(await ann.remove(mine)).toBe(true);
    await using file = await ben.openSource(yours, signal);
    expect(file.sizeBytes).toBe(bytes.length);
    expect(await ben.remove(yours)).toBe(true);
    expect(await keptFiles()).not.toContain(yours.sha256);
  });

  test("a kept file is no way in by its path, though a root lies around it; its owner may name it", async () => {
    const kept = await ann.addStream(stream(wav(5432)), "a.wav", signal);
    const open = (library: TrackLibrary) => library.add(kept.path, signal);
    await expect(open(ben)).rejects.toMatchObject({ kind: "forbidden" });
    await expect(open(library)).rejects.toMatchObject({ kind: "forbidden" });
    await expect(ben.add(`${kept.path}-never-was`, signal)).rejects.toMatchObject({ kind: "forbidden" });
    const link = join(folder, "link.wav");
    await symlink(kept.path, link);
    await expect(ben.add(link, signal)).rejects.toMatchObject({ kind: "forbidden" });
    expect((await open(ann)).track.id).toBe(kept.id);
  });

  test("without the scope files a path is not found, whether or not it is there", async () => {
    const visitor = libraryOf(caller("visitor", ["read", "write"]));
    const path = await newFile("there.wav");
    for (const reference of [path, join(folder, "not-there.wav"), "/etc/passwd"]) {
      await expect(visitor.resolve(reference, signal)).rejects.toMatchObject({
        kind: "not_found",
        message: expect.stringContaining("upload the audio"),
      });
    }
    const kept = await visitor.addStream(createReadStream(path), "there.wav", signal);
    expect((await visitor.resolve(kept.id, signal)).owner).toBe("visitor");
  });

  test("bytes that were kept before there were owners stay the local user's", async () => {
    const bytes = wav(6543);
    const track = await library.addStream(stream(bytes), "old.wav", signal);
    const old = join(filesFolder, track.sha256);
    await rename(track.path, old);
    await storage.tracksOf("local").updateLocation(track.id, old, "unknown");
    await using file = await library.openSource(await library.get(track.id), signal);
    expect(file.path).toBe(old);
    await expect(ben.add(old, signal)).rejects.toMatchObject({ kind: "forbidden" });
    expect(await library.remove(await library.get(track.id))).toBe(true);
    expect(await keptFiles()).not.toContain(track.sha256);
  });
});
