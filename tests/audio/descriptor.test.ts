import { closeSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readAt, readChunks, reopen } from "../../src/audio/descriptor.ts";
import { openSource, writeTestFile } from "./audio-files.ts";

test("reads by position, and less only at the end", async () => {
  const { fd } = openSource(writeTestFile("ten.bin", Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])));
  expect(Array.from(await readAt(fd, 3, 4))).toEqual([3, 4, 5, 6]);
  expect(Array.from(await readAt(fd, 8, 4))).toEqual([8, 9]);
  expect(Array.from(await readAt(fd, 50, 4))).toEqual([]);
});

test("reads a range in chunks, and stops at the end of a file that became shorter", async () => {
  const { fd } = openSource(writeTestFile("ten.bin", new Uint8Array(10)));
  const lengths: number[] = [];
  for await (const chunk of readChunks(fd, 1, 1000, 4, new AbortController().signal)) lengths.push(chunk.length);
  expect(lengths).toEqual([4, 4, 1]);
});

test("reopens a file with a cursor of its own", () => {
  const source = openSource(writeTestFile("ten.bin", Uint8Array.from([7, 8, 9])));
  readSync(source.fd, new Uint8Array(2), 0, 2, null);
  const fd = reopen(source);
  const bytes = new Uint8Array(3);
  expect(readSync(fd, bytes, 0, 3, null)).toBe(3);
  expect(Array.from(bytes)).toEqual([7, 8, 9]);
  closeSync(fd);
});

test("does not reopen a file that was replaced or removed", () => {
  const source = openSource(writeTestFile("here.bin", "first"));
  writeFileSync(`${source.path}.new`, "second");
  renameSync(`${source.path}.new`, source.path);
  expect(() => reopen(source)).toThrow(/moved or replaced/);
  rmSync(source.path);
  expect(() => reopen(source)).toThrow(/moved or replaced/);
});
