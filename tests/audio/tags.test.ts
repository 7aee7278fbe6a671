import { expect, test } from "vitest";
import { cleanTags, cleanText, type RawTags } from "../../src/audio/tags.ts";

const NONE: RawTags = {
  title: undefined,
  artist: undefined,
  album: undefined,
  albumArtist: undefined,
  composer: undefined,
  genre: undefined,
  year: undefined,
  trackNumber: undefined,
  bpm: undefined,
  key: undefined,
  comment: undefined,
  encoder: undefined,
};

test("keeps ordinary text of any script", () => {
  for (const text of ["Für Elise", "夜に駆ける", "Ночь", "שלום", "A – B (feat. C) & D's"])
    expect(cleanText(text)).toBe(text);
});

test("removes bidirectional overrides, zero-width and tag characters", () => {
  expect(cleanText("a\u202eb\u2066c\u200bd\ufeffe\u{e0041}f\ufe0fg\ue000h")).toBe("abcdefgh");
});

test("makes one line of several, without control characters", () => {
  expect(cleanText(" one\r\ntwo\u0000\u001b[31mthree\u2028four\t ")).toBe("one two [31mthree four");
});

test("composes to NFC and drops lone surrogates", () => {
  expect(cleanText("e\u0301\ud800x")).toBe("éx");
});

test("cuts after 200 characters, never inside one", () => {
  const cut = cleanText("😀".repeat(500));
  expect(Array.from(cut ?? "").length).toBe(200);
  expect(cut?.isWellFormed()).toBe(true);
});

test("gives null for what is no text, or empty once cleaned", () => {
  for (const value of [undefined, null, 7, {}, "", " \u200b\n"]) expect(cleanText(value)).toBeNull();
});

test("gives null for numbers out of range, and takes numbers written as text", () => {
  const tags = cleanTags({ ...NONE, year: "1999-01-02", trackNumber: "3/12", bpm: 1e9 });
  expect(tags).toMatchObject({ year: 1999, trackNumber: 3, bpm: null });
});

test("keeps at most ten genres", () => {
  expect(cleanTags({ ...NONE, genre: Array.from({ length: 50 }, (_, k) => `genre ${k}`) }).genre.length).toBe(10);
});
