/** Finds where a recording holds speech. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { round } from "../agents/rounding.ts";
import { toAppError } from "../errors.ts";
import { findSpeech } from "./find-speech.ts";
import { defineOperation } from "./operation.ts";
import { outputName } from "./output-name.ts";
import { describeModel } from "./run-network.ts";
import { speechSegments } from "./voice-activity.ts";
import { withinCharacters } from "./within-characters.ts";

const SEGMENT_CHARACTERS = 12_000;

export const detectSpeech = defineOperation({
  name: "detect_speech",
  title: "Detect speech",
  description:
    "Finds where a recording holds speech: segments with start, end and probability, and the share of speech. By Silero VAD where it is " +
    "installed; else by level, when anything louder than its background counts, and the result says so.",
  version: 1,
  input: z.object({
    engine: z.enum(["auto", "silero", "energy"]).default("auto"),
    threshold: z.number().min(0.2).max(0.95).default(0.5).describe("Probability from which a frame counts as speech"),
    min_silence_seconds: z.number().min(0).max(10).default(0.3).describe("Shorter pauses belong to the speech"),
    min_speech_seconds: z.number().min(0).max(10).default(0.15).describe("Shorter speech is dropped"),
  }),
  output: z.object({
    speech_share: z.number().nullable().describe("Of the duration, 0 to 1; null for an empty recording"),
    speech_seconds: z.number(),
    duration_seconds: z.number(),
    segment_count: z.number().int(),
    segments: z
      .array(z.object({ start_seconds: z.number(), end_seconds: z.number(), probability: z.number() }))
      .describe("The first ones, as many as fit; all are in the file"),
    engine: z.enum(["silero", "energy"]),
    model: z.object({ id: z.string(), name: z.string(), licence: z.string(), licence_scope: z.string() }).nullable(),
    notes: z.array(z.string()),
  }),

  async run(source, parameters, context) {
    try {
      const activity = await findSpeech(parameters.engine, source, context, (share) =>
        context.progress(share, "Listening for speech"),
      );
      const found = speechSegments(activity, {
        threshold: parameters.threshold,
        minSilenceSeconds: parameters.min_silence_seconds,
        minSpeechSeconds: parameters.min_speech_seconds,
      });
      const segments = found.map(({ startSeconds, endSeconds, probability }) => ({
        start_seconds: round(startSeconds, 3) ?? 0,
        end_seconds: round(endSeconds, 3) ?? 0,
        probability: round(probability, 3) ?? 0,
      }));
      const speechSeconds = found.reduce((sum, segment) => sum + segment.endSeconds - segment.startSeconds, 0);
      const { durationSeconds, engine, model, notes } = activity;
      const path = join(context.folder, "speech.json");
      await writeFile(path, `${JSON.stringify({ engine, segments }, null, 1)}\n`, { flag: "wx" });
      context.progress(1, "Finished");
      const value = {
        speech_share: durationSeconds === 0 ? null : round(speechSeconds / durationSeconds, 4),
        speech_seconds: round(speechSeconds, 3) ?? 0,
        duration_seconds: round(durationSeconds, 3) ?? 0,
        segment_count: segments.length,
        segments: withinCharacters(segments, SEGMENT_CHARACTERS),
        engine,
        model: model === null ? null : describeModel(model),
        notes: [...notes],
      };
      const filename = outputName(source.filename, " - speech", "json");
      return { value, files: [{ role: "speech", path, filename, mimeType: "application/json" }] };
    } catch (error) {
      throw context.signal.aborted ? toAppError(new DOMException("cancelled", "AbortError")) : error;
    }
  },
});
