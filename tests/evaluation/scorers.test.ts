/** Every scorer, from the truth of a manifest and the fields of a result to a value. */
import { describe, expect, test } from "vitest";
import { parseManifest } from "../../src/evaluation/manifest.ts";
import { SCORERS } from "../../src/evaluation/registry.ts";
import { isSkipped, type Outcome } from "../../src/evaluation/scorer.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What a metric makes of an item and a result; null when the item says nothing. */
function outcome(metric: string, truth: Fields, result: Fields): Outcome | null {
  const scorer = SCORERS.find((candidate) => candidate.metric === metric);
  if (scorer === undefined) throw new Error(`there is no metric ${metric}`);
  const [item] = parseManifest(JSON.stringify({ items: [{ file: "a.wav", ...truth }] })).items;
  const plan = scorer.plan(item);
  return plan === null || isSkipped(plan) ? plan : plan(result);
}

const cases: readonly (readonly [metric: string, truth: Fields, result: Fields, value: number])[] = [
  ["tempo_acc1", { bpm: 80, bpm_alternatives: [160] }, { tempo_bpm: 161 }, 1],
  ["tempo_acc1_strict", { bpm: 80, bpm_alternatives: [160] }, { tempo_bpm: 161 }, 0],
  ["tempo_acc2", { bpm: 80 }, { tempo_bpm: 161 }, 1],
  ["tempo_acc1", { bpm: 80 }, { tempo_bpm: null }, 0],
  ["beat_f", { beats: [5, 6, 7, 8] }, { beat_times_seconds: [5.05, 6.05, 7.5] }, 4 / 7],
  ["downbeat_f", { downbeats: [5, 9] }, { downbeat_times_seconds: [5, 7, 9, 11] }, 2 / 3],
  ["meter", { meter: 3 }, { meter: 3 }, 1],
  ["meter", { meter: 3 }, { meter: { beats_per_bar: 4, confidence: 0.5 } }, 0],
  ["meter", { meter: 3 }, { meter: null }, 0],
  ["onset_f", { onsets: [1, 2] }, { onset_times_seconds: [1.04, 2.06] }, 0.5],
  ["key_exact", { key: "Bb minor" }, { key: { tonic: "A#", mode: "minor" } }, 1],
  ["key_exact", { key: "Bb minor" }, { key: null }, 0],
  ["key_weighted", { key: "C major" }, { key: { tonic: "A", mode: "minor" } }, 0.3],
  [
    "chord_overlap",
    { chords: [{ start: 0, end: 4, label: "C" }] },
    { chords: [{ start_seconds: 0, end_seconds: 3, label: "C:maj7" }] },
    0.75,
  ],
  [
    "boundary_f_0_5",
    { duration: 20, sections: [{ start: 0 }, { start: 10 }] },
    {
      sections: [
        { start_seconds: 0, end_seconds: 12 },
        { start_seconds: 12, end_seconds: 20.4 },
      ],
    },
    2 / 3,
  ],
  [
    "boundary_f_3",
    { sections: [{ start: 0 }, { start: 10, end: 20 }] },
    {
      sections: [
        { start_seconds: 0, end_seconds: 12 },
        { start_seconds: 12, end_seconds: 20.4 },
      ],
    },
    1,
  ],
  [
    "raw_pitch",
    {
      f0: [
        [0, 440],
        [0.01, 440],
        [0.02, 0],
      ],
    },
    { f0: { hop_seconds: 0.01, hz: [440, null, 440] } },
    0.5,
  ],
  ["raw_chroma", { f0: [[0, 440]] }, { f0: { hop_seconds: 0.01, hz: [880] } }, 1],
  ["integrated_error", { expected: { integrated: -23 } }, { integrated_lufs: -22.5 }, 0.5],
  ["integrated_in_tolerance", { expected: { integrated: -23 } }, { integrated_lufs: -22.9 }, 1],
  ["integrated_in_tolerance", { expected: { integrated: -23 } }, { integrated_lufs: null }, 0],
  ["true_peak_in_tolerance", { expected: { true_peak: -6 }, tolerance: [-0.4, 0.2] }, { true_peak_dbtp: -5.7 }, 0],
  ["lra_error", { expected: { lra: 10 } }, { loudness_range_lu: 9 }, 1],
  ["lra_in_tolerance", { expected: { lra: 10 }, tolerance: 1 }, { loudness_range_lu: 9 }, 1],
  ["true_peak_error", { expected: { true_peak: -6 } }, { true_peak_dbtp: -5.75 }, 0.25],
  ["momentary_max_error", { expected: { momentary_max: -20 } }, { momentary_max_lufs: -20 }, 0],
  ["momentary_max_in_tolerance", { expected: { momentary_max: -20 } }, { momentary_max_lufs: -20.2 }, 0],
  ["short_term_max_error", { expected: { short_term_max: -20 } }, { short_term_max_lufs: -19 }, 1],
  ["short_term_max_in_tolerance", { expected: { short_term_max: -20 } }, { short_term_max_lufs: -20 }, 1],
  [
    "silence_f",
    { silences: [[0, 1.5]] },
    { findings: [{ kind: "leading_silence", start_seconds: 0, end_seconds: 1.52 }] },
    1,
  ],
  ["silence_f", { silences: [] }, { findings: [] }, 1],
  ["silence_f", { silences: [[0, 1]] }, { findings: [{ kind: "hum", start_seconds: 0, end_seconds: 1 }] }, 0],
  ["clipping", { clipping: true }, { findings: [{ kind: "clipping", start_seconds: 1, end_seconds: 1.1 }] }, 1],
  ["clipping", { clipping: false }, { findings: [{ kind: "clipping", start_seconds: 1, end_seconds: 1.1 }] }, 0],
];

test.each(cases)("%s of %j, measured %j, is %d", (metric, truth, result, value) => {
  const found = outcome(metric, truth, result);
  expect(found).toMatchObject({ value: expect.closeTo(value, 9) });
});

test("every metric has a case, a title and a name of its own", () => {
  const covered = new Set(cases.map(([metric]) => metric));
  expect(SCORERS.map(({ metric }) => metric).filter((metric) => !covered.has(metric))).toEqual([]);
  expect(new Set(SCORERS.map(({ metric }) => metric)).size).toBe(SCORERS.length);
});

describe("a metric is not scored", () => {
  test("when the truth says nothing", () => {
    for (const { metric } of SCORERS) expect(outcome(metric, {}, {}), metric).toBeNull();
  });

  test("when the result lacks the field", () => {
    expect(outcome("beat_f", { beats: [6, 7] }, {})).toEqual({ skipped: "not measured" });
    expect(outcome("key_exact", { key: "C major" }, { key: "C major" })).toEqual({ skipped: "not measured" });
  });

  const unusable: readonly (readonly [string, Fields, RegExp])[] = [
    ["onset_f", { onsets: [1], doubts: ["soft attacks"] }, /doubts/],
    ["beat_f", { beats: [1, 2] }, /before 5 s/],
    ["key_exact", { key: "in F, mostly Blues" }, /not of the form/],
    ["boundary_f_3", { sections: [{ start: 0 }] }, /last section/],
    ["raw_pitch", { f0: [[0, 0]] }, /voiced/],
  ];
  test.each(unusable)("%s when the truth is %j", (metric, truth, reason) => {
    expect(outcome(metric, truth, {})).toEqual({ skipped: expect.stringMatching(reason) });
  });

  test("an error when the result is null", () => {
    expect(outcome("integrated_error", { expected: { integrated: -23 } }, { integrated_lufs: null })).toEqual({
      skipped: "the result is null",
    });
  });
});

describe("a confidence is a claim", () => {
  test("of a tempo, a key and a meter", () => {
    const claims = [{ confidence: 0.9, correct: true }];
    expect(outcome("tempo_acc1", { bpm: 80 }, { tempo_bpm: 80, confidence: 0.9 })).toEqual({ value: 1, claims });
    expect(outcome("meter", { meter: 3 }, { meter: 3, meter_confidence: 0.9 })).toEqual({ value: 1, claims });
    const key = { tonic: "C", mode: "major" };
    expect(outcome("key_exact", { key: "C major" }, { key, confidence: 0.9 })).toEqual({ value: 1, claims });
  });

  test("but not where there is no answer", () => {
    expect(outcome("tempo_acc1", { bpm: 80 }, { tempo_bpm: null, confidence: 0 })).toEqual({ value: 0 });
    expect(outcome("meter", { meter: 3 }, { meter: null, meter_confidence: 0 })).toEqual({ value: 0 });
    expect(outcome("key_exact", { key: "C major" }, { key: null, confidence: 0 })).toEqual({ value: 0 });
  });

  test("of each chord, weighed by the seconds that can be compared", () => {
    const chords = [
      { start: 0, end: 4, label: "C" },
      { start: 4, end: 6, label: "C:sus4" },
      { start: 6, end: 8, label: "G" },
    ];
    const estimated = [
      { start_seconds: 0, end_seconds: 3, label: "C", confidence: 0.9 },
      { start_seconds: 3, end_seconds: 7.5, label: "A:min", confidence: 0.6 },
      { start_seconds: 7.5, end_seconds: 8, label: "G", confidence: 0.8 },
    ];
    expect(outcome("chord_overlap", { chords }, { chords: estimated })).toMatchObject({
      claims: [
        { confidence: 0.9, correct: true, weight: 3 },
        { confidence: 0.6, correct: false, weight: 2.5 },
        { confidence: 0.8, correct: true, weight: 0.5 },
      ],
    });
  });
});
