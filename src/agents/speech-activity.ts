/** Where a recording holds speech, music, something else, or nothing. */
import { z } from "zod";
import { defineAgent } from "./agent.ts";
import { round, roundWithin } from "./rounding.ts";
import { combinedEvidence } from "./speech-activity-evidence.ts";
import { FLOOR_DBFS, WINDOW_HOP_SECONDS, windowFeatures } from "./speech-activity-features.ts";
import { KINDS, type Kind, kindProbabilities } from "./speech-activity-model.ts";
import { type ActivitySegment, activitySegments, silences } from "./speech-activity-segments.ts";
import { whyUnheard } from "./why-unheard.ts";

const CERTAIN = 0.8;
/** Recordings shorter than a window are right less often: of 20 spoken digits of half a second, 16. */
const SHORT_SECONDS = 2;
const SHORT_CONFIDENCE = 0.7;
/** Below the length of those digits it falls to that of a guess between the kinds. */
const DIGIT_SECONDS = 0.5;
const GUESS = 1 / KINDS.length;

/**
 * Windows of 2 s, every 0.5 s (speech-activity-features.ts), classified by a linear model (speech-activity-model.ts), smoothed, and
 * parted by silences (speech-activity-segments.ts); where a model gives the chance of speech, together with it (speech-activity-evidence.ts). Emptiness, and sound that the mono mix does not hold (channels that cancel), has
 * null shares and the reason.
 */
export const speechActivity = defineAgent({
  name: "speech_activity",
  version: 1,
  description:
    "Finds speech, music (and singing), other sound (noise, test tones) and silence from 0.5 s, " +
    "with the share of each. Speech over louder music counts as music.",
  needs: ["signalLevel", "mfcc", "spectralShape", "f0Candidates", "quietWindows", "speechProbability"],
  output: z.object({
    main_kind: z.string().nullable().describe("speech, music, other or silence: the greatest share"),
    shares: z.record(z.string(), z.number()).nullable().describe("Of the duration, by kind"),
    speech_seconds: z.number().nonnegative(),
    confidence: z.number().min(0).max(1).describe("Mean over time of the chance that the kind is right"),
    why_uncertain: z.string().nullable(),
    segments: z.array(
      z.object({ start_seconds: z.number(), end_seconds: z.number(), kind: z.string(), confidence: z.number() }),
    ),
  }),
  series: { segments: "segments" },
  engines: ["silero"],

  analyse(features) {
    const { quietWindows, signalLevel, speechProbability } = features;
    const { durationSeconds } = quietWindows;
    const pauses = silences(quietWindows);
    const count = Math.max(1, Math.ceil(durationSeconds / WINDOW_HOP_SECONDS));
    const probabilities = new Float64Array(count * KINDS.length);
    let heard = 0;
    for (let window = 0; window < count; window++) {
      const values = windowFeatures(features, (window + 0.5) * WINDOW_HOP_SECONDS);
      if (values === null) continue;
      heard++;
      probabilities.set(kindProbabilities(values), window * KINDS.length);
    }
    const silentSeconds = pauses.reduce((sum, pause) => sum + pause.endSeconds - pause.startSeconds, 0);
    if (durationSeconds === 0 || (heard === 0 && silentSeconds < durationSeconds)) {
      return {
        main_kind: null,
        shares: null,
        speech_seconds: 0,
        confidence: 0,
        why_uncertain: whyUnheard(signalLevel, FLOOR_DBFS),
        segments: [],
      };
    }
    const evidence = combinedEvidence(probabilities, speechProbability, durationSeconds);
    const segments = activitySegments(evidence, pauses, durationSeconds, mostConfidence(durationSeconds));
    return summary(segments, durationSeconds);
  },
});

function mostConfidence(durationSeconds: number): number {
  if (durationSeconds >= SHORT_SECONDS) return 1;
  return GUESS + (SHORT_CONFIDENCE - GUESS) * Math.min(1, durationSeconds / DIGIT_SECONDS);
}

function summary(segments: readonly ActivitySegment[], durationSeconds: number) {
  const seconds = new Map<Kind | "silence", number>([...KINDS, "silence" as const].map((kind) => [kind, 0]));
  let certainty = 0;
  for (const { kind, startSeconds, endSeconds, confidence } of segments) {
    seconds.set(kind, (seconds.get(kind) ?? 0) + endSeconds - startSeconds);
    certainty += confidence * (endSeconds - startSeconds);
  }
  const confidence = certainty / durationSeconds;
  const [[mainKind]] = [...seconds].sort((a, b) => b[1] - a[1]);
  return {
    main_kind: mainKind,
    shares: Object.fromEntries([...seconds].map(([kind, value]) => [kind, round(value / durationSeconds, 3) ?? 0])),
    speech_seconds: round(seconds.get("speech") ?? 0, 2) ?? 0,
    confidence: round(confidence, 2) ?? 0,
    why_uncertain: whyUncertain(confidence, durationSeconds),
    segments: segments.map((segment) => ({
      start_seconds: roundWithin(segment.startSeconds, 2, durationSeconds),
      end_seconds: roundWithin(segment.endSeconds, 2, durationSeconds),
      kind: segment.kind,
      confidence: round(segment.confidence, 2) ?? 0,
    })),
  };
}

function whyUncertain(confidence: number, durationSeconds: number): string | null {
  if (confidence >= CERTAIN) return null;
  if (durationSeconds < SHORT_SECONDS) {
    return `The recording is shorter than the ${SHORT_SECONDS} s that tell speech from music.`;
  }
  return "Parts of the recording sound like more than one kind: speech over music, singing, or noise.";
}
