import { expect, test } from "vitest";
import { numberedFilename, safeFilename } from "../src/safe-filename.ts";

test.each([
  ["My Song.flac", "My Song.flac"],
  ["Żółć – naïve (live) 🎵.mp3", "Żółć – naïve (live) 🎵.mp3"],
  ["../../etc/passwd", "_.._etc_passwd"],
  ["..\\..\\evil.wav", "_.._evil.wav"],
  ["/absolute.wav", "_absolute.wav"],
  ["-rf.wav", "rf.wav"],
  [".hidden.wav", "hidden.wav"],
  ["a\0b\nc\u001b[31m.wav", "a_b_c_[31m.wav"],
  ["gpj.\u202evaw", "gpj._vaw"],
  ["CON.wav", "_CON.wav"],
  ["aux", "_aux"],
  ["trailing. . ", "trailing"],
  ["", "file"],
  ["...", "file"],
  ['a<b>:"|?*.wav', "a_b______.wav"],
])("cleans %j to %j", (text, expected) => {
  expect(safeFilename(text)).toBe(expected);
});

test("keeps names within what file systems take, without breaking characters, and keeps the extension", () => {
  for (const character of ["a", "ö", "🎵", "𝄞"]) {
    const name = safeFilename(`${character.repeat(500)}.wav`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name.endsWith(".wav")).toBe(true);
    expect(name.isWellFormed()).toBe(true);
  }
});

test("numbers before the extension", () => {
  expect(numberedFilename("a.tar.gz", 1)).toBe("a.tar.gz");
  expect(numberedFilename("a.wav", 2)).toBe("a (2).wav");
  expect(numberedFilename("a", 3)).toBe("a (3)");
});
