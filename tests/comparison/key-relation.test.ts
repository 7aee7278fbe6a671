import { describe, expect, test } from "vitest";
import { camelot, keyText } from "../../src/agents/key-names.ts";
import { compatibleKeys, keyNumber, matchKeys, transpose } from "../../src/comparison/key-relation.ts";

const ALL = Array.from({ length: 24 }, (_, key) => key);
const number = (text: string) => keyNumber(text) ?? fail(text);

describe("the name of a key", () => {
  test("is read as Hark writes it, and as a Camelot code", () => {
    expect(ALL.map((key) => keyNumber(keyText(key)))).toEqual(ALL);
    expect(ALL.map((key) => keyNumber(camelot(key)))).toEqual(ALL);
  });

  test.each([
    ["Am", "A minor"],
    ["a min", "A minor"],
    ["A", "A major"],
    ["AM", "A major"],
    ["A# minor", "Bb minor"],
    ["Cb", "B major"],
    ["b♭ Major", "Bb major"],
    ["B#", "C major"],
    ["C MINOR", "C minor"],
    [" 12b ", "E major"],
    ["A:min", "A minor"],
    ["F#:maj", "F# major"],
  ])("%j is %s", (text, name) => {
    expect(keyText(number(text))).toBe(name);
  });

  test.each(["", "H", "13A", "0A", "A minor 7", "minor", "8C"])("%j is none", (text) =>
    expect(keyNumber(text)).toBeNull(),
  );
});

describe("two keys", () => {
  test.each([
    ["8A", "8A", "same", 0],
    ["8A", "8B", "relative", 1],
    ["8A", "9A", "neighbour", 1],
    ["1A", "12A", "neighbour", 1],
    ["8A", "9B", "diagonal", 2],
    ["8A", "10A", "energy_boost", 2],
    ["8A", "3A", "energy_boost", 5],
    ["8A", "2A", "distant", 6],
    ["8A", "2B", "distant", 7],
  ])("%s to %s is %s, %i steps", (first, second, relation, wheelSteps) => {
    expect(matchKeys(number(first), number(second))).toMatchObject({ relation, wheelSteps });
  });

  test("the shift makes every pair compatible, and is the smallest that does", () => {
    for (const first of ALL) {
      for (const second of ALL) {
        const { semitones, compatible } = matchKeys(first, second);
        expect(matchKeys(first, transpose(second, semitones)).compatible).toBe(true);
        expect(semitones === 0).toBe(compatible);
        for (let less = 1 - Math.abs(semitones); less < Math.abs(semitones); less++) {
          expect(matchKeys(first, transpose(second, less)).compatible).toBe(false);
        }
      }
    }
  });

  test("what mixes with a key is itself, its relative and its two neighbours", () => {
    expect(compatibleKeys(number("A minor")).map(camelot).sort()).toEqual(["7A", "8A", "8B", "9A"]);
    for (const key of ALL) expect(compatibleKeys(key)).toHaveLength(4);
  });
});

function fail(text: string): never {
  throw new Error(`${text} was not understood`);
}
