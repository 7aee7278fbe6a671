import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseManifest, readManifest } from "../../src/evaluation/manifest.ts";

const parse = (...items: readonly unknown[]) => parseManifest(JSON.stringify({ items }));

describe("a manifest", () => {
  test("may say everything about a file", () => {
    const item = {
      file: "a.wav",
      kind: "music",
      duration: 12,
      bpm: 120,
      bpm_alternatives: [60],
      meter: 4,
      beats: [0, 0.5],
      downbeats: [0],
      onsets: [0, 0.25],
      doubts: [],
      key: "A minor",
      chords: [{ start: 0, end: 2, label: "A:min7/3" }],
      sections: [{ start: 0, label: "A" }, { start: 6 }],
      f0: [
        [0, 440],
        [0.01, 0],
      ],
      expected: { integrated: -23, lra: 10, true_peak: -1, momentary_max: -20, short_term_max: -21 },
      tolerance: [-0.4, 0.2],
      silences: [[0, 1.5]],
      clipping: false,
    };
    expect(parse(item).items).toEqual([item]);
  });

  test("may leave out everything but the file; null says as little", () => {
    expect(parse({ file: "a.wav" }).items).toEqual([{ file: "a.wav" }]);
    expect(parse({ file: "a.wav", key: null, downbeats: null }).items).toHaveLength(1);
  });

  test("may hold fields that nobody knows", () => {
    expect(parse({ file: "a.wav", licence: "CC0", stems: { bass: "b.wav" } }).items).toEqual([{ file: "a.wav" }]);
  });

  test("may begin with a byte order mark", () => {
    expect(parseManifest('\uFEFF{"items":[{"file":"a.wav"}]}').items).toHaveLength(1);
  });
});

describe("what is wrong is named with its item and field:", () => {
  const wrong: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ["a tempo in words", { bpm: "fast" }, /item 2 \(b\.wav\), bpm: .*number/],
    ["a tempo of 0", { bpm: 0 }, /item 2 \(b\.wav\), bpm/],
    ["beats that go back", { beats: [1, 0.5] }, /item 2 \(b\.wav\), beats: expected ascending seconds/],
    ["a beat in words", { beats: [0, "one"] }, /beats\.1/],
    ["a chord in another syntax", { chords: [{ start: 0, end: 1, label: "Am" }] }, /chords\.0\.label: .*Harte/],
    ["a chord that ends before it begins", { chords: [{ start: 1, end: 1, label: "A" }] }, /chords\.0/],
    [
      "chords that overlap",
      {
        chords: [
          { start: 0, end: 2, label: "A" },
          { start: 1, end: 3, label: "B" },
        ],
      },
      /chords: .*in order/,
    ],
    ["a silence without an end", { silences: [[1]] }, /silences\.0/],
    ["a negative pitch", { f0: [[0, -1]] }, /f0\.0\.1/],
    ["a loudness in words", { expected: { integrated: "loud" } }, /expected\.integrated/],
    ["a tolerance upside down", { tolerance: [0.2, -0.4] }, /tolerance/],
  ];
  test.each(wrong)("%s", (_name, fields, message) => {
    expect(() => parse({ file: "a.wav" }, { file: "b.wav", ...fields })).toThrow(message);
  });

  test("a file without a name", () => {
    expect(() => parse({ file: "a.wav" }, { bpm: 120 })).toThrow(/item 2, file/);
  });

  test("no items, no list, no JSON", () => {
    expect(() => parse()).toThrow(/items: expected at least one item/);
    expect(() => parseManifest("{}")).toThrow(/items/);
    expect(() => parseManifest("[]")).toThrow(/the manifest/);
    expect(() => parseManifest("bpm: 120")).toThrow(/not JSON/);
  });

  test("many problems are counted, not all told", () => {
    const items = Array.from({ length: 50 }, () => ({ file: "a.wav", bpm: -1 }));
    expect(() => parse(...items)).toThrow(/and 45 more/);
  });
});

describe("a manifest file", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hark-manifest-"));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("is read", async () => {
    await writeFile(join(folder, "manifest.json"), '{"dataset":"mine","items":[{"file":"a.wav"}]}');
    expect(await readManifest(join(folder, "manifest.json"))).toEqual({ dataset: "mine", items: [{ file: "a.wav" }] });
  });

  test("that is not there, or a folder, is invalid input; the message holds no path", async () => {
    for (const path of [join(folder, "none.json"), folder]) {
      const failure = await readManifest(path).catch((error: unknown) => error);
      expect(failure).toMatchObject({ kind: "invalid_input" });
      expect(String(failure)).not.toContain(folder);
    }
  });
});
