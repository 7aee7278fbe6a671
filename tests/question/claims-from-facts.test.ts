import { describe, expect, test } from "vitest";
import { checkAnswer } from "../../src/question/check-answer.ts";
import { CHORDS, DRUMS, goldenEvidence, MELODY } from "./golden-evidence.ts";

interface NamedField {
  readonly tool: string;
  readonly field: string;
  readonly name: string;
  readonly unit: string;
  readonly decimals: number;
}

const field = (tool: string, name: string, fieldName: string, unit: string, decimals: number): NamedField => ({
  tool,
  name,
  field: fieldName,
  unit,
  decimals,
});

/** What answers name, with the unit as they write it. */
const FIELDS: readonly NamedField[] = [
  field("analyse_rhythm", "tempo", "tempo_bpm", "BPM", 2),
  field("analyse_loudness", "integrated loudness", "integrated_lufs", "LUFS", 2),
  field("analyse_loudness", "loudness range", "loudness_range_lu", "LU", 2),
  field("analyse_loudness", "true peak", "true_peak_dbtp", "dBTP", 2),
  field("analyse_loudness", "sample peak", "sample_peak_dbfs", "dBFS", 2),
  field("analyse_loudness", "momentary maximum", "momentary_max_lufs", "LUFS", 2),
  field("analyse_loudness", "short-term maximum", "short_term_max_lufs", "LUFS", 2),
  field("analyse_temporal", "duration", "duration_seconds", "s", 3),
  field("analyse_temporal", "sample rate", "sample_rate_hz", "Hz", 0),
  field("analyse_temporal", "RMS level", "rms_dbfs", "dBFS", 2),
  field("analyse_temporal", "crest factor", "crest_factor_db", "dB", 2),
  field("analyse_temporal", "dynamic range", "dynamic_range_db", "dB", 2),
  field("analyse_quality", "noise floor", "noise_floor_dbfs", "dBFS", 1),
];

/** The ways a number and its sentence are written. */
const SENTENCES: readonly ((name: string, amount: string, unit: string) => string)[] = [
  (name, amount, unit) => `The ${name} is ${amount} ${unit}.`,
  (name, amount, unit) => `- **${name}**: ${amount} ${unit}`,
  (name, amount, unit) => `The ${name} is **${amount} ${unit}**, as measured.`,
  (name, amount, unit) => `| ${name} | ${amount} ${unit} |`,
  (name, amount, unit) => `It has a ${name} of ${amount.replace("-", "−")} ${unit}.`,
  (name, amount, unit) => `The ${name} is ${amount.replace("-", "minus ")} ${unit}.`,
  (name, amount, unit) => `The ${name} comes out at ${amount}${unit === "s" ? " " : ""}${unit}!`,
];

const SIGNALS = [DRUMS, MELODY, CHORDS];

function measurements() {
  return SIGNALS.flatMap((signal) => {
    const evidence = goldenEvidence(signal);
    return FIELDS.flatMap((named) => {
      const value = evidence.find(({ tool }) => tool === named.tool)?.value[named.field];
      return typeof value === "number" ? [{ signal, evidence, named, value }] : [];
    });
  });
}

/** Numbers from 0 to 1 that are the same on each run. */
function* pseudoRandom(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

const MEASURED = measurements();

describe("claims made from measured values", () => {
  test("there are measured values of every quantity", () => {
    expect(new Set(MEASURED.map(({ named }) => named.name)).size).toBe(FIELDS.length);
  });

  test.each(MEASURED.map((entry) => [`${entry.named.name} of ${entry.signal}`, entry] as const))(
    "%s is supported however it is written and rounded",
    (_, { evidence, named, value }) => {
      for (const sentence of SENTENCES) {
        for (let decimals = 0; decimals <= named.decimals; decimals++) {
          const text = sentence(named.name, value.toFixed(decimals), named.unit);
          const claims = checkAnswer(text, evidence);
          expect([text, ...claims.map(({ status }) => status)]).toEqual([text, "supported"]);
          expect(claims[0].measured).toBe(value);
        }
      }
    },
  );

  test.each(MEASURED.map((entry) => [`${entry.named.name} of ${entry.signal}`, entry] as const))(
    "%s changed by more than its digits is contradicted",
    (_, { evidence, named, value }) => {
      const random = pseudoRandom(1 + named.name.length);
      for (const sentence of SENTENCES) {
        for (let repeat = 0; repeat < 10; repeat++) {
          const decimals = Math.floor(random.next().value * (named.decimals + 1));
          const step = 10 ** -decimals;
          const steps = (1.01 + random.next().value * 30) * (random.next().value < 0.5 ? -1 : 1);
          const text = sentence(named.name, (value + steps * step).toFixed(decimals), named.unit);
          // A field cannot be negative that a sentence has made so, nor a duration.
          if (value > 0 && value + steps * step < step) continue;
          const claims = checkAnswer(text, evidence);
          expect([text, ...claims.map(({ status }) => status)]).toEqual([text, "contradicted"]);
          expect(claims[0].measured).toBe(value);
        }
      }
    },
  );
});

test("an empty answer, and one without evidence, have nothing supported", () => {
  expect(checkAnswer("", [])).toEqual([]);
  expect(checkAnswer("It runs at 120 BPM in C major.", []).map(({ status }) => status)).toEqual([
    "unsupported",
    "unsupported",
  ]);
});

test("a tag or a file name proves nothing", () => {
  const value = { track_id: "trk_1", filename: "999 BPM.wav", tags: { title: "999 BPM", bpm: 999 } };
  const claims = checkAnswer("It runs at 999 BPM.", [{ tool: "get_track", arguments: {}, value }]);
  expect(claims.map(({ status }) => status)).toEqual(["unsupported"]);
});

test("a file that is called like a word of the answer does not claim its sentences", () => {
  const track = (track_id: string, filename: string, tempo_bpm: number) => ({ track_id, filename, tempo_bpm });
  for (const filename of ["Tempo.wav", "the.mp3", "is 90.wav", "90.wav", "Key.flac"]) {
    const value = { tracks: [track("trk_1", "night drive.mp3", 112), track("trk_2", filename, 90)] };
    const statuses = (text: string) =>
      checkAnswer(text, [{ tool: "find_tracks", arguments: {}, value }]).map(({ status }) => status);
    expect([filename, ...statuses("The tempo is 112 BPM in this key.")]).toEqual([filename, "supported"]);
    expect([filename, ...statuses("The tempo is 100 BPM in this key.")]).toEqual([filename, "unsupported"]);
    expect([filename, ...statuses(`${filename} runs at 100 BPM.`)]).toEqual([filename, "contradicted"]);
  }
});

test("a claim names its tool, field, range and confidence", () => {
  const evidence = goldenEvidence(CHORDS);
  expect(checkAnswer("It could also be 50 BPM; the second chord is a G minor chord.", evidence)).toMatchObject([
    { text: "50 BPM", tool: "analyse_rhythm", field: "tempo_candidates[1].tempo_bpm", confidence: 0.014 },
    {
      text: "G minor",
      kind: "chord",
      field: "chords[1].label",
      from_seconds: 1.1964,
      to_seconds: 2.3972,
      confidence: 0.96,
    },
  ]);
});
