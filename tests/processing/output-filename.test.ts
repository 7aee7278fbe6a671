import { expect, test } from "vitest";
import { outputFilename } from "../../src/processing/output-filename.ts";

test.each([
  ["Song.mp3", "Song - vocals.wav"],
  ["../../etc/passwd", "_.._etc_passwd - vocals.wav"],
  ["a:b*c?.flac", "a_b_c_ - vocals.wav"],
  [".mp3", "recording - vocals.wav"],
  ["line\nbreak\u0000.wav", "line_break_ - vocals.wav"],
  ["Größe 🎵.ogg", "Größe 🎵 - vocals.wav"],
  [`${"x".repeat(500)}.wav`, `${"x".repeat(120)} - vocals.wav`],
])("names the output of %j", (source, expected) => {
  expect(outputFilename(source, "vocals", "wav")).toBe(expected);
});
