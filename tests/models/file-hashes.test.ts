import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openFileHashes } from "../../src/models/file-hashes.ts";
import { newFolder } from "./small-model.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Longer than a file counts as just written. */
const settle = () => sleep(150);

test("a file that was hashed once is not read again, by another process neither, until it is touched", async () => {
  const folder = newFolder();
  const [path, cache] = [join(folder, "model"), join(folder, "deeper", "hashes.json")];
  writeFileSync(path, "weights");
  await settle();
  expect(await openFileHashes(cache).of(path)).toBe(sha256("weights"));
  // What is remembered shows in what a later one answers.
  writeFileSync(cache, readFileSync(cache, "utf8").replace(sha256("weights"), "remembered"));
  const later = openFileHashes(cache);
  expect(await later.of(path)).toBe("remembered");
  expect(await later.fresh(path)).toBe(sha256("weights"));
  writeFileSync(path, "weightS");
  expect(await later.of(path)).toBe(sha256("weightS"));
});

test("what was written a moment ago is not remembered: it may change within the same tick", async () => {
  const folder = newFolder();
  const hashes = openFileHashes(null);
  const path = join(folder, "model");
  for (const text of ["one", "two", "six"]) {
    writeFileSync(path, text);
    expect(await hashes.of(path)).toBe(sha256(text));
  }
});

test("a missing file has no hash, and a cache that is damaged or cannot be written is done without", async () => {
  const folder = newFolder();
  const path = join(folder, "model");
  expect(await openFileHashes(null).of(path)).toBeNull();
  writeFileSync(path, "weights");
  await settle();
  const damaged = join(folder, "damaged.json");
  writeFileSync(damaged, "{");
  expect(await openFileHashes(damaged).of(path)).toBe(sha256("weights"));
  expect(await openFileHashes(join(path, "below", "a", "file.json")).of(path)).toBe(sha256("weights"));
});
