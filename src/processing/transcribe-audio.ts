/** Writes down what is said in a recording. */
import { z } from "zod";
import { toAppError } from "../errors.ts";
import type { FoundModel } from "../models/model-library.ts";
import { checkWanted, chooseRecogniser } from "./choose-recogniser.ts";
import { describeTranscript, SPEECH } from "./describe-transcript.ts";
import { chooseDiarisation, findSpeakers } from "./find-speakers.ts";
import { findSpeech } from "./find-speech.ts";
import { defineOperation, type OperationContext, type SourceFile } from "./operation.ts";
import { recogniseClips } from "./recognise-clips.ts";
import { labelledTurns, speakerShares, withSpeakers } from "./speaker-labels.ts";
import { clipSpans, writeClips } from "./speech-clips.ts";
import type { SpeechRecogniser } from "./speech-recogniser.ts";
import { writeTranscripts } from "./transcript-files.ts";
import { speechSegments } from "./voice-activity.ts";

/** Of the progress, what finding speech takes. */
const DETECTION_SHARE = 0.1;
/** And what telling speakers apart takes, where it is asked for. */
const SPEAKERS_SHARE = 0.4;
const MOST_SPEAKERS = 20;
const timed = {
  text: z.string(),
  start_seconds: z.number(),
  end_seconds: z.number(),
  confidence: z.number().nullable().describe("As the engine gives it, 0 to 1; not calibrated"),
  speaker: z.string().optional().describe("As S1; only where speakers was asked for"),
};

export const transcribeAudio = defineOperation({
  name: "transcribe_audio",
  title: "Transcribe speech",
  description:
    "Writes down what is said: text, segments and words with times, language, speakers if asked, and files (SRT, VTT, JSON, plain text). By " +
    "a model on this machine (sherpa), the server that HARK_STT_URL names, or PocketSphinx (English, poor). Silence is left out before.",
  version: 2,
  input: z.object({
    engine: z
      .enum(["auto", "endpoint", "sherpa", "pocketsphinx"])
      .default("auto")
      .describe(
        "auto: the server of the settings (speech is then sent to it), else the largest installed model, else PocketSphinx",
      ),
    model: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]*$/)
      .optional()
      .describe("Id of an installed model (list_models), for sherpa"),
    language: z
      .string()
      .regex(/^[a-z]{2,3}$/)
      .optional()
      .describe("ISO 639-1, as en; without it the engine detects it"),
    speakers: z
      .union([z.boolean(), z.number().int().min(1).max(MOST_SPEAKERS)])
      .default(false)
      .describe("true, or their number where it is known: labels who speaks; needs a model"),
  }),
  output: z.object({
    text: z.string().describe("The beginning, as much as fits; the files hold all"),
    text_is_whole: z.boolean(),
    segments: z.array(z.object(timed)).describe("The first ones, as many as fit"),
    segment_count: z.number().int(),
    words: z
      .array(z.object(timed))
      .describe("The first ones, as many as fit; none where the engine gives no times of words"),
    word_count: z.number().int(),
    language: z.string().nullable().describe("As the engine names it"),
    language_probability: z
      .number()
      .nullable()
      .describe(
        "Share of the speech in which the engine heard this language; null where it was given or the engine knows no other",
      ),
    confidence: z.number().nullable().describe("Mean over the segments by duration; not calibrated"),
    speakers: z
      .array(z.object({ speaker: z.string(), speech_seconds: z.number() }))
      .nullable()
      .describe("Null where they were not asked for"),
    gaps: z
      .array(z.object({ start_seconds: z.number(), end_seconds: z.number(), why: z.string() }))
      .describe("Speech that could not be transcribed; the first ones, as many as fit"),
    speech_seconds: z.number(),
    duration_seconds: z.number(),
    engine: z.string(),
    model: z.string(),
    speech_detection: z.enum(["silero", "energy"]),
    cost_usd: z.null().describe("Not known"),
    notes: z.array(z.string()),
  }),

  check({ engine, model = null, language = null }) {
    checkWanted({ engine, model, language });
  },

  async run(source, { engine, model = null, language = null, speakers }, context) {
    try {
      const diarisation = speakers === false ? null : await chooseDiarisation(context.models);
      await using recogniser = closing(await chooseRecogniser({ engine, model, language }, context));
      const activity = await findSpeech("auto", source, context, (share) =>
        context.progress(DETECTION_SHARE * share, "Listening for speech"),
      );
      const clips = await writeClips(clipSpans(speechSegments(activity, SPEECH), activity), source, context);
      const spoken = clips.length === 0 ? null : diarisation;
      const turns = spoken === null ? [] : await speakerTurns(spoken, source, speakers, context);
      const from = spoken === null ? DETECTION_SHARE : SPEAKERS_SHARE;
      const found = await recogniseClips(recogniser, clips, language, context.signal, (share, message) =>
        context.progress(from + (1 - from) * share, message),
      );
      const labelled = { ...found, segments: withSpeakers(found.segments, turns) };
      const shares = diarisation === null ? null : speakerShares(turns);
      const value = describeTranscript(labelled, {
        activity,
        recogniser,
        diarisation,
        shares,
        isLanguageGiven: language !== null,
      });
      const files = await writeTranscripts(labelled.segments, value, source, context.folder);
      context.progress(1, "Finished");
      return { value, files };
    } catch (error) {
      throw context.signal.aborted ? toAppError(new DOMException("cancelled", "AbortError")) : error;
    }
  },
});

function closing(recogniser: SpeechRecogniser) {
  return { ...recogniser, [Symbol.asyncDispose]: () => recogniser.close() };
}

async function speakerTurns(
  model: FoundModel,
  source: SourceFile,
  speakers: number | boolean,
  context: OperationContext,
) {
  context.progress(DETECTION_SHARE, "Telling speakers apart");
  const count = typeof speakers === "number" ? speakers : null;
  return labelledTurns(await findSpeakers(model, source, count, context));
}
