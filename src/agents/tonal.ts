/** Key, tuning and chords. */
import { z } from "zod";
import { defineAgent } from "./agent.ts";
import { type Calibrate, calibrated, chanceDescription } from "./calibration.ts";
import { type ChordSegment, chordSeconds, findChords } from "./chords.ts";
import { chromagramOf } from "./chromagram.ts";
import { findKeyChanges } from "./key-changes.ts";
import { isTonal, keyCandidates, keyEvidence, whyNoKey, whyUncertainKey } from "./key-estimate.ts";
import { camelot, chordLabel, keyName, keyText } from "./key-names.ts";
import { round } from "./rounding.ts";
import { sureBeats } from "./sure-beats.ts";

/**
 * The key by correlation of the mean chroma with key profiles (dsp/keys.ts) and by the chords (key-from-chords.ts), triads
 * by templates and Viterbi smoothing (chords.ts), tuning as the commonest deviation of spectral peaks (dsp/tuning.ts), on the analysis copy. Silence,
 * drums, noise, fewer than three pitch classes and recordings under 3 s have a null key, no chords, and the reason in
 * `why_uncertain`; what is not tonal has null tuning too.
 */
export const tonal = defineAgent({
  name: "tonal",
  version: 2,
  description:
    "Estimates key and mode with rivals and a measured confidence, Camelot code, key changes, tuning in cents from A4 = 440 Hz, " +
    "pitch classes, and major and minor chords along time. Relative and fifth-related keys are the usual confusions.",
  needs: ["signalLevel", "pitchSpectrum", "beatTrack"],
  output: z.object({
    key: z.object({ tonic: z.string(), mode: z.enum(["major", "minor"]) }).nullable(),
    camelot: z.string().nullable(),
    key_candidates: z
      .array(z.object({ tonic: z.string(), mode: z.string(), score: z.number() }))
      .describe("Likeliest first; score is at most 1"),
    confidence: z.number().min(0).max(1).describe(chanceDescription("key", "that key is exact")),
    why_uncertain: z.string().nullable(),
    key_changes: z.array(z.object({ time_seconds: z.number(), from: z.string(), to: z.string() })),
    tuning_cents: z.number().nullable().describe("From A4 = 440 Hz"),
    chroma: z.array(z.number()).describe("C to B, greatest 1"),
    chords: z.array(
      z.object({
        start_seconds: z.number(),
        end_seconds: z.number(),
        label: z.string(),
        confidence: z.number().describe(chanceDescription("chord", "that the label is right")),
      }),
    ),
  }),
  series: { chords: "segments" },

  analyse({ signalLevel, pitchSpectrum, beatTrack }, _parameters, calibrate = calibrated) {
    const durationSeconds = signalLevel.sampleCount / signalLevel.sampleRate;
    const chromagram = chromagramOf(pitchSpectrum);
    const candidates = keyCandidates(chromagram.mean, chordSeconds(chromagram));
    const reason = whyNoKey(chromagram, durationSeconds);
    const key = reason === null ? candidates[0].key : null;
    const isMusic = isTonal(chromagram);
    const changes = key === null ? [] : findKeyChanges(chromagram);
    // What has too few notes for a key has too few for chords: templates would name one for a single tone.
    const chords =
      key === null ? [] : findChords(chromagram, key, sureBeats(beatTrack, durationSeconds), durationSeconds);
    const confidence = key === null ? 0 : calibrate("key", keyEvidence(candidates, durationSeconds));
    return {
      key: key === null ? null : keyName(key),
      camelot: key === null ? null : camelot(key),
      key_candidates:
        key === null ? [] : candidates.map(({ key, score }) => ({ ...keyName(key), score: round(score, 3) ?? 0 })),
      confidence,
      why_uncertain: reason ?? whyUncertainKey(candidates, confidence, durationSeconds, changes.length),
      key_changes: changes.map(({ timeSeconds, from, to }) => ({
        time_seconds: timeSeconds,
        from: keyText(from),
        to: keyText(to),
      })),
      tuning_cents: isMusic ? round(pitchSpectrum.tuningCents, 1) : null,
      chroma: Array.from(chromagram.mean, (value) => round(value, 3) ?? 0),
      chords: chords.map((segment) => onWire(segment, key, calibrate)),
    };
  },
});

function onWire({ startSeconds, endSeconds, chord, margin }: ChordSegment, key: number | null, calibrate: Calibrate) {
  return {
    start_seconds: round(startSeconds, 4) ?? 0,
    end_seconds: round(endSeconds, 4) ?? 0,
    label: chordLabel(chord, key),
    confidence: calibrate("chord", margin),
  };
}
