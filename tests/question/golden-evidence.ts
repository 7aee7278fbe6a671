/** Evidence of real results: the golden ones, as their tools give them. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { ToolEvidence } from "../../src/question/claim.ts";

const GOLDEN = z.object({ results: z.record(z.string(), z.record(z.string(), z.unknown())) });
const AGENTS = [
  "temporal",
  "spectral",
  "rhythm",
  "tonal",
  "pitch",
  "loudness",
  "quality",
  "timbre",
  "structure",
  "speech_activity",
];

export const DRUMS = "drums at 112 BPM, stereo, 44.1 kHz";
export const MELODY = "melody in eighth notes at 100 BPM over noise, mono, 48 kHz";
export const CHORDS = "chords in B flat major, 20 cents flat, stereo, 32 kHz";

/** The results of all analyses of a golden signal, series included. */
export function goldenEvidence(signal: string, trackId = "trk_1"): ToolEvidence[] {
  return AGENTS.map((agent) => {
    const file = new URL(`../golden/agents/${agent}.json`, import.meta.url);
    const value = GOLDEN.parse(JSON.parse(readFileSync(file, "utf8"))).results[signal];
    if (value === undefined) throw new Error(`no golden result of ${agent} for "${signal}"`);
    return {
      tool: `analyse_${agent}`,
      arguments: { track_id: trackId, detail: "full" },
      value: { track_id: trackId, ...value },
    };
  });
}

/** What get_series and find_tracks give, in their shapes. */
export const SERIES: ToolEvidence = {
  tool: "get_series",
  arguments: { track_id: "trk_1", agent: "loudness", from_bar: 2, to_bar: 3 },
  value: {
    track_id: "trk_1",
    agent: "loudness",
    parts: [
      {
        from_seconds: 2.1407,
        to_seconds: 6.4254,
        begin: { bar: 2, beat: 1, section: "A1" },
        end: { bar: 3, beat: 4, section: "B" },
        why_uncertain: null,
        series: {
          momentary: {
            count: 4,
            start_seconds: 2.2,
            hop_seconds: 0.1,
            averaged: 1,
            statistics: { lufs: { mean: -21.12, min: -27.64, max: -18.11, null_values: 0 } },
            lufs: [-22.46, -22.67, -27.64, -18.11],
          },
        },
      },
    ],
    warning: null,
  },
};

export const FOUND: ToolEvidence = {
  tool: "find_tracks",
  arguments: {},
  value: {
    tracks: [
      {
        track_id: "trk_1",
        filename: "groove.wav",
        duration_seconds: 12.857,
        tempo_bpm: 112.05,
        tempo_confidence: 0.93,
        key: "C major",
        camelot: "8B",
        key_confidence: 0.82,
        integrated_lufs: -21.39,
      },
      {
        track_id: "trk_2",
        filename: "night drive.mp3",
        duration_seconds: 201.2,
        tempo_bpm: 124,
        tempo_confidence: 0.88,
        key: "A minor",
        camelot: "8A",
        key_confidence: 0.7,
        integrated_lufs: -9.1,
      },
    ],
    total: 2,
    next_cursor: null,
    not_measured: [],
  },
};

export const COMPARED: ToolEvidence = {
  tool: "compare_tracks",
  arguments: { track_ids: ["trk_1", "trk_2"] },
  value: {
    tracks: [
      {
        track_id: "trk_1",
        filename: "groove.wav",
        tempo_bpm: 112.05,
        tempo_confidence: 0.93,
        key: "C major",
        camelot: "8B",
        key_confidence: 0.82,
        why_uncertain: [],
      },
      {
        track_id: "trk_2",
        filename: "night drive.mp3",
        tempo_bpm: 124,
        tempo_confidence: 0.88,
        key: "A minor",
        camelot: "8A",
        key_confidence: 0.7,
        why_uncertain: [],
      },
    ],
    comparisons: [
      {
        track_id: "trk_2",
        differences: [
          {
            measure: "integrated_lufs",
            value: -9.1,
            reference: -21.39,
            difference: 12.3,
            unit: "LU",
            steps: 12.3,
            text: "12.3 LU louder",
          },
          {
            measure: "tempo_bpm",
            value: 124,
            reference: 112.05,
            difference: 10.7,
            unit: "%",
            steps: 5.1,
            text: "10.7 % faster",
          },
        ],
        smaller_differences: 0,
        not_compared: [],
        tempo: {
          relation: "same",
          stretch_percent: -9.64,
          varispeed_semitones: -1.75,
          confidence: 0.82,
          text: "112.05 and 124 BPM: 9.6 % slower to match",
        },
        key: {
          relation: "relative",
          compatible: true,
          wheel_steps: 1,
          semitones: 0,
          confidence: 0.57,
          text: "C major (8B) and A minor (8A): relative",
        },
      },
    ],
  },
};
