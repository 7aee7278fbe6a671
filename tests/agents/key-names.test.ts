import { describe, expect, test } from "vitest";
import { camelot, chordLabel, keyName, keyText } from "../../src/agents/key-names.ts";

describe("camelot", () => {
  test("has 24 codes, one a key", () => {
    expect(new Set(Array.from({ length: 24 }, (_, key) => camelot(key))).size).toBe(24);
  });

  test("puts relative keys side by side, and keys a fifth apart next to each other", () => {
    expect([camelot(0), camelot(21), camelot(7), camelot(5)]).toEqual(["8B", "8A", "9B", "7B"]);
    expect([camelot(6), camelot(11), camelot(12 + 8), camelot(12)]).toEqual(["2B", "1B", "1A", "5A"]);
  });
});

test("keyName takes the usual spelling", () => {
  expect(keyName(1)).toEqual({ tonic: "Db", mode: "major" });
  expect(keyName(13)).toEqual({ tonic: "C#", mode: "minor" });
  expect(keyText(22)).toBe("Bb minor");
});

test("chordLabel spells as the key does", () => {
  expect(chordLabel(10, 5)).toBe("Bb:maj");
  expect(chordLabel(10, 4)).toBe("A#:maj");
  expect(chordLabel(12 + 6, null)).toBe("F#:min");
  expect(chordLabel(24, 0)).toBe("N");
});
