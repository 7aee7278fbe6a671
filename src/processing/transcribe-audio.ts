/** Writes down what is said in a recording. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { round } from "../agents/rounding.ts";
import { toAppError } from "../errors.ts";
import { chooseRecogniser } from "./choose-recogniser.ts";
import { findSpeech } from "./find-speech.ts";
import { defineOperation, type OperationContext, type OutputFile, type SourceFile } from "./operation.ts";
import { outputName } from "./output-name.ts";
import { clipSpans, type SpeechClip, writeClips } from "./speech-clips.ts";
import type { RecognisedSegment, RecognisedWord, SpeechRecogniser } from "./speech-recogniser.ts";
import { atPlace, plainText, srt, vtt } from "./transcript.ts";
import { speechSegments, type VoiceActivity } from "./voice-activity.ts";
import { withinCharacters } from "./within-characters.ts";

/** Of the progress, what finding speech takes. */
const DETECTION_SHARE = 0.1;
const TEXT_CHARACTERS = 6000;
const SEGMENT_CHARACTERS = 6000;
const WORD_CHARACTERS = 5000;
/** Missed speech is worse here than a clip too many. */
const SPEECH = { threshold: 0.4, minSilenceSeconds: 0.4, minSpeechSeconds: 0.1 };

const timed = {
  text: z.string(),
  start_seconds: z.number(),
  end_seconds: z.number(),
  confidence: z.number().nullable().describe("As the engine gives it, 0 to 1; not calibrated"),
};

export const transcribeAudio = defineOperation({
  name: "transcribe_audio",
  title: "Transcribe speech",
  description:
    "Writes down what is said: text, segments and words with times, language, and files (SRT, VTT, JSON, plain text). By the server that " +
    "HARK_STT_URL names, or by PocketSphinx (English, poor). Silence is left out before.",
  version: 1,
  input: z.object({
    engine: z
      .enum(["auto", "endpoint", "pocketsphinx"])
      .default("auto")
      .describe("auto takes the server of the settings where there is one; then speech is sent to it"),
    language: z
      .string()
      .regex(/^[a-z]{2,3}$/)
      .optional()
      .describe("ISO 639-1, as en; without it the engine detects it"),
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
    language_probability: z.number().nullable().describe("Share of the speech in which the engine named this language"),
    confidence: z.number().nullable().describe("Mean over the segments by duration; not calibrated"),
    speech_seconds: z.number(),
    duration_seconds: z.number(),
    engine: z.string(),
    model: z.string(),
    speech_detection: z.enum(["silero", "energy"]),
    cost_usd: z.null().describe("Not known"),
    notes: z.array(z.string()),
  }),

  async run(source, { engine, language = null }, context) {
    try {
      const recogniser = await chooseRecogniser(engine, context);
      const activity = await findSpeech("auto", source, context, (share) =>
        context.progress(DETECTION_SHARE * share, "Listening for speech"),
      );
      const clips = await writeClips(clipSpans(speechSegments(activity, SPEECH), activity), source, context);
      const { segments, languages } = await recogniseAll(recogniser, clips, language, context);
      const value = describe(segments, languages, activity, recogniser);
      const files = await writeFiles(segments, value, source, context);
      context.progress(1, "Finished");
      return { value, files };
    } catch (error) {
      throw context.signal.aborted ? toAppError(new DOMException("cancelled", "AbortError")) : error;
    }
  },
});

async function recogniseAll(
  recogniser: SpeechRecogniser,
  clips: readonly SpeechClip[],
  language: string | null,
  { signal, progress }: OperationContext,
) {
  const segments: RecognisedSegment[] = [];
  const languages = new Map<string, number>();
  for (const [index, clip] of clips.entries()) {
    signal.throwIfAborted();
    progress(
      DETECTION_SHARE + ((1 - DETECTION_SHARE) * index) / clips.length,
      `Transcribing part ${index + 1} of ${clips.length}`,
    );
    const found = await recogniser.recognise(clip, language, signal);
    await rm(clip.path);
    segments.push(...atPlace(found.segments, clip.startSeconds));
    if (found.language === null || found.segments.length === 0) continue;
    languages.set(found.language, (languages.get(found.language) ?? 0) + clip.endSeconds - clip.startSeconds);
  }
  return { segments, languages };
}

function describe(
  segments: readonly RecognisedSegment[],
  languages: ReadonlyMap<string, number>,
  activity: VoiceActivity,
  recogniser: SpeechRecogniser,
) {
  const text = segments.map((segment) => segment.text).join(" ");
  const words = segments.flatMap((segment) => segment.words);
  const [main] = [...languages].sort((a, b) => b[1] - a[1]);
  const named = [...languages.values()].reduce((sum, seconds) => sum + seconds, 0);
  const speech = speechSegments(activity, SPEECH);
  const speechSeconds = speech.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0);
  return {
    text: text.slice(0, TEXT_CHARACTERS).toWellFormed(),
    text_is_whole: text.length <= TEXT_CHARACTERS,
    segments: withinCharacters(segments.map(onWire), SEGMENT_CHARACTERS),
    segment_count: segments.length,
    words: withinCharacters(words.map(onWire), WORD_CHARACTERS),
    word_count: words.length,
    language: main?.[0] ?? null,
    language_probability: main === undefined ? null : round(main[1] / named, 3),
    confidence: meanConfidence(segments),
    speech_seconds: round(speechSeconds, 3) ?? 0,
    duration_seconds: round(activity.durationSeconds, 3) ?? 0,
    engine: recogniser.engine,
    model: recogniser.model,
    speech_detection: activity.engine,
    cost_usd: null,
    notes: [...recogniser.notes, ...activity.notes, ...(segments.length === 0 ? ["No speech was recognised."] : [])],
  };
}

function onWire({ text, startSeconds, endSeconds, confidence }: RecognisedWord) {
  return {
    text,
    start_seconds: round(startSeconds, 3) ?? 0,
    end_seconds: round(endSeconds, 3) ?? 0,
    confidence: confidence === null ? null : round(confidence, 3),
  };
}

function meanConfidence(segments: readonly RecognisedSegment[]): number | null {
  let [sum, seconds] = [0, 0];
  for (const { confidence, startSeconds, endSeconds } of segments) {
    if (confidence === null) continue;
    sum += confidence * (endSeconds - startSeconds);
    seconds += endSeconds - startSeconds;
  }
  return seconds === 0 ? null : round(sum / seconds, 3);
}

async function writeFiles(
  segments: readonly RecognisedSegment[],
  { language, engine, model }: { readonly language: string | null; readonly engine: string; readonly model: string },
  source: SourceFile,
  { folder }: OperationContext,
): Promise<OutputFile[]> {
  const whole = {
    language,
    engine,
    model,
    segments: segments.map((segment) => ({ ...onWire(segment), words: segment.words.map(onWire) })),
  };
  const forms = [
    { extension: "srt", mimeType: "application/x-subrip", content: srt(segments) },
    { extension: "vtt", mimeType: "text/vtt", content: vtt(segments) },
    { extension: "json", mimeType: "application/json", content: `${JSON.stringify(whole, null, 1)}\n` },
    { extension: "txt", mimeType: "text/plain", content: plainText(segments) },
  ];
  const files: OutputFile[] = [];
  for (const { extension, mimeType, content } of forms) {
    const path = join(folder, `transcript.${extension}`);
    await writeFile(path, content, { flag: "wx" });
    files.push({ role: extension, path, filename: outputName(source.filename, " - transcript", extension), mimeType });
  }
  return files;
}
