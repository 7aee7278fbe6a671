import { expect, test } from "vitest";
import { outputName } from "../../src/processing/output-name.ts";

test.each([
  ["Song.mp3", "Song - vocals.wav"],
  ["../../etc/passwd", "passwd - vocals.wav"],
  ["AC\\DC live.flac", "AC_DC live - vocals.wav"],
  ["a:b*c?.flac", "a_b_c_ - vocals.wav"],
  [".mp3", "mp3 - vocals.wav"],
  ["...", "audio - vocals.wav"],
  ["con.wav", "_con - vocals.wav"],
  ["line\nbreak\u0000\u202e.wav", "line_break__ - vocals.wav"],
  ["Größe 🎵.ogg", "Größe 🎵 - vocals.wav"],
  [`${"x".repeat(500)}.wav`, `${"x".repeat(180)} - vocals.wav`],
  [`${"🎵".repeat(100)}.wav`, `${"🎵".repeat(45)} - vocals.wav`],
])("names the output of %j", (source, expected) => {
  expect(outputName(source, " - vocals", "wav")).toBe(expected);
});
