import { describe, expect, test } from "vitest";
import { AGENTS } from "../../src/agents/registry.ts";
import { compareResults } from "../../src/comparison/differences.ts";
import { MEASURES } from "../../src/comparison/measures.ts";

const results = (values: { lufs?: number | null; hz?: number | null; bpm?: number; air?: number | null }) => ({
  loudness: { integrated_lufs: values.lufs ?? null, why_null: "The file is digital silence." },
  spectral: { centroid_hz: values.hz === null ? null : { mean: values.hz ?? 1000, std: 1 } },
  rhythm: { tempo_bpm: values.bpm ?? 100, why_uncertain: null },
  timbre: { band_levels_db: { air: values.air ?? -20 }, why_null: null },
});
const found = (...args: Parameters<typeof compareResults>) =>
  Object.fromEntries(compareResults(...args).differences.map((difference) => [difference.measure, difference]));

test("every measure is a field of its agent", () => {
  expect(MEASURES.length).toBeGreaterThan(10);
  for (const { agent: name, path } of MEASURES) {
    const agent = AGENTS.find((candidate) => candidate.name === name);
    expect(Object.keys(agent?.output.shape ?? {}), name).toContain(path[0]);
  }
  expect(new Set(MEASURES.map(({ name }) => name)).size).toBe(MEASURES.length);
});

describe("a difference", () => {
  test("is in plain units, with its direction", () => {
    expect(found(results({ lufs: -14 }), results({ lufs: -11.68 })).integrated_lufs).toEqual({
      measure: "integrated_lufs",
      value: -11.68,
      reference: -14,
      difference: 2.3,
      unit: "LU",
      steps: 2.3,
      text: "2.3 LU louder",
    });
    expect(found(results({ lufs: -14 }), results({ lufs: -15 })).integrated_lufs?.text).toBe("1.0 LU quieter");
  });

  test("is a percentage for what is heard as a ratio, and twice is as far as half", () => {
    const twice = found(results({ bpm: 60 }), results({ bpm: 120 })).tempo_bpm;
    const half = found(results({ bpm: 120 }), results({ bpm: 60 })).tempo_bpm;
    expect([twice?.text, half?.text]).toEqual(["100.0 % faster", "50.0 % slower"]);
    expect(twice?.steps).toBe(half?.steps);
    expect(found(results({ bpm: 100 }), results({ bpm: 102 })).tempo_bpm?.steps).toBeCloseTo(1, 5);
  });

  test("counts what cannot be heard as nothing", () => {
    expect(found(results({ air: -120 }), results({ air: -80 })).air_db).toBeUndefined();
    expect(found(results({ air: -120 }), results({ air: -40 })).air_db).toMatchObject({ steps: 20 });
  });
});

test("what does not differ by as much as is shown is left out", () => {
  expect(compareResults(results({ lufs: -14 }), results({ lufs: -14 })).differences).toEqual([]);
  expect(found(results({ lufs: -14 }), results({ lufs: -14.04 })).integrated_lufs).toBeUndefined();
  expect(found(results({ hz: 1000 }), results({ hz: 1004 })).brightness_hz).toBeUndefined();
});

test("bands are named in words", () => {
  expect(MEASURES.map(({ more }) => more)).toContain("more high mid");
});

test("the greatest difference comes first", () => {
  const { differences } = compareResults(results({ lufs: -14, bpm: 100 }), results({ lufs: -20, bpm: 101 }));
  expect(differences.map(({ steps }) => steps)).toEqual(differences.map(({ steps }) => steps).sort((a, b) => b - a));
  expect(differences[0]?.measure).toBe("integrated_lufs");
});

test("what is missing is named with its reason, and whose it is", () => {
  const { missing } = compareResults(results({ lufs: null, hz: 900 }), results({ lufs: -14, hz: null }));
  expect(missing).toContainEqual({ measure: "integrated_lufs", reason: "reference: The file is digital silence." });
  expect(missing).toContainEqual({ measure: "brightness_hz", reason: "It could not be measured." });
});

test("an agent that has no result of one of them is left out", () => {
  expect(compareResults({ loudness: { integrated_lufs: -14 } }, {})).toEqual({ differences: [], missing: [] });
});
