/** What every file store has to do. */
import { createHash, randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { FileStore } from "../../src/files/file-store.ts";

const signal = new AbortController().signal;

/** @param folder For files of the tests. */
export function testFileStore(open: () => FileStore, folder: () => string): void {
  const bytes = randomBytes(300_000);
  const sha256 = createHash("sha256").update(bytes).digest("hex");

  test("gives back what was put, from a path and from a stream, once", async () => {
    const store = open();
    const path = join(folder(), "source");
    await writeFile(path, bytes);
    expect(await store.size(sha256)).toBeNull();
    expect(await store.put(path, signal)).toEqual({ sha256, sizeBytes: bytes.length, isNew: true });
    expect(await store.put(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), signal)).toEqual({
      sha256,
      sizeBytes: bytes.length,
      isNew: false,
    });
    expect(await store.size(sha256)).toBe(bytes.length);
    expect((await buffer(await store.openRead(sha256))).equals(bytes)).toBe(true);
    const listed = await Array.fromAsync(store.list());
    expect(listed.map((file) => file.sha256)).toEqual([sha256]);
    expect(listed[0]?.sizeBytes).toBe(bytes.length);
    expect(Math.abs(Date.now() - (listed[0]?.storedAt.getTime() ?? 0))).toBeLessThan(60_000);
    expect(await readdir(folder())).toEqual(["source"]);
  });

  test("gives ranges, both ends included", async () => {
    const part = await buffer(await open().openRead(sha256, { first: 100, last: 199 }));
    expect(part.equals(bytes.subarray(100, 200))).toBe(true);
    // Not the first byte alone: s3rver 3.7.1 gives the whole file for bytes=0-0.
    const last = bytes.length - 1;
    expect(await buffer(await open().openRead(sha256, { first: last, last }))).toEqual(bytes.subarray(last));
  });

  test("keeps an empty file", async () => {
    const stored = await open().put(Readable.from([]), signal);
    expect(stored.sizeBytes).toBe(0);
    expect(await open().size(stored.sha256)).toBe(0);
    expect(await buffer(await open().openRead(stored.sha256))).toHaveLength(0);
  });

  test("removes, and does not mind what is not there", async () => {
    await open().remove(sha256);
    await open().remove(sha256);
    expect(await open().size(sha256)).toBeNull();
    await expect(open().openRead(sha256)).rejects.toMatchObject({ kind: "not_found" });
  });

  test("takes nothing for a hash that is none", async () => {
    for (const name of ["../../etc/passwd", "", "A".repeat(64), `${sha256}/..`]) {
      expect(await open().size(name)).toBeNull();
      await expect(open().openRead(name)).rejects.toMatchObject({ kind: "not_found" });
      await open().remove(name);
    }
  });

  test("leaves nothing of what broke off or was cancelled", async () => {
    const before = await Array.fromAsync(open().list());
    const broken = new Readable({
      read() {
        this.push(bytes);
        this.destroy(new Error("the source broke off"));
      },
    });
    await expect(open().put(broken, signal)).rejects.toMatchObject({ kind: "unavailable" });
    const endless = new Readable({
      read() {
        setTimeout(() => this.push(bytes.subarray(0, 1000)), 5);
      },
    });
    await expect(open().put(endless, AbortSignal.timeout(50))).rejects.toMatchObject({ kind: "cancelled" });
    await expect(open().put(join(folder(), "none"), signal)).rejects.toMatchObject({ kind: "not_found" });
    expect(await Array.fromAsync(open().list())).toEqual(before);
  });

  test("says that it can be used, and leaves nothing of the trial", async () => {
    const before = await Array.fromAsync(open().list());
    expect(await open().state()).toMatchObject({ status: "ok", remedy: null });
    expect(await Array.fromAsync(open().list())).toEqual(before);
  });

  test("many at once of the same bytes are one file", async () => {
    const before = (await Array.fromAsync(open().list())).length;
    const same = randomBytes(50_000);
    const stored = await Promise.all(Array.from({ length: 8 }, () => open().put(Readable.from([same]), signal)));
    expect(new Set(stored.map((file) => file.sha256)).size).toBe(1);
    expect((await Array.fromAsync(open().list())).length).toBe(before + 1);
  });
}
