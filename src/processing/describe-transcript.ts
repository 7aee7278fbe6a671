/** What a transcription says of itself. */
import { round } from "../agents/rounding.ts";
import type { FoundModel } from "../models/model-library.ts";
import type { Gap, RecognisedClips } from "./recognise-clips.ts";
import type { SpeakerShare } from "./speaker-labels.ts";
import type { RecognisedSegment, SpeechRecogniser } from "./speech-recogniser.ts";
import { timedOnWire } from "./transcript-files.ts";
import { speechSegments, type VoiceActivity } from "./voice-activity.ts";
import { withinCharacters } from "./within-characters.ts";

/** Together they stay below what a job's answer may hold (12,000). */
const TEXT_CHARACTERS = 3500;
const SEGMENT_CHARACTERS = 3000;
const WORD_CHARACTERS = 2200;
const GAP_CHARACTERS = 800;
const MOST_GAPS_TOLD = 10;
/** Missed speech is worse here than a clip too many. */
export const SPEECH = { threshold: 0.4, minSilenceSeconds: 0.4, minSpeechSeconds: 0.1 };

/** What is known of a transcription beside its clips. */
interface Circumstances {
  readonly activity: VoiceActivity;
  readonly recogniser: SpeechRecogniser;
  readonly diarisation: FoundModel | null;
  readonly shares: readonly SpeakerShare[] | null;
  readonly isLanguageGiven: boolean;
}

/** The value of a transcription: the beginning of everything, within the characters that a job's answer may hold. */
export function describeTranscript({ segments, languages, gaps }: RecognisedClips, circumstances: Circumstances) {
  const { activity, recogniser, diarisation, shares, isLanguageGiven } = circumstances;
  const text = segments.map((segment) => segment.text).join(" ");
  const words = segments.flatMap((segment) => segment.words);
  const [main] = [...languages].sort((a, b) => b[1] - a[1]);
  const named = [...languages.values()].reduce((sum, seconds) => sum + seconds, 0);
  const speech = speechSegments(activity, SPEECH);
  const speechSeconds = speech.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0);
  return {
    text: text.slice(0, TEXT_CHARACTERS).toWellFormed(),
    text_is_whole: text.length <= TEXT_CHARACTERS,
    segments: withinCharacters(segments.map(timedOnWire), SEGMENT_CHARACTERS),
    segment_count: segments.length,
    words: withinCharacters(words.map(timedOnWire), WORD_CHARACTERS),
    word_count: words.length,
    language: main?.[0] ?? (segments.length === 0 ? null : recogniser.onlyLanguage),
    language_probability: main === undefined || isLanguageGiven ? null : round(main[1] / named, 3),
    confidence: meanConfidence(segments),
    speakers:
      shares?.map(({ speaker, speechSeconds: seconds }) => ({ speaker, speech_seconds: round(seconds, 3) ?? 0 })) ??
      null,
    gaps: withinCharacters(gaps.map(gapOnWire), GAP_CHARACTERS),
    speech_seconds: round(speechSeconds, 3) ?? 0,
    duration_seconds: round(activity.durationSeconds, 3) ?? 0,
    engine: recogniser.engine,
    model: recogniser.model,
    speech_detection: activity.engine,
    cost_usd: null,
    notes: [
      ...recogniser.notes,
      ...activity.notes,
      ...(diarisation === null ? [] : [speakersNote(diarisation, shares ?? [])]),
      ...gapNotes(gaps),
      ...(segments.length === 0 ? ["No speech was recognised."] : wordNotes(words.length)),
    ],
  };
}

function gapOnWire({ startSeconds, endSeconds, why }: Gap) {
  return { start_seconds: round(startSeconds, 3) ?? 0, end_seconds: round(endSeconds, 3) ?? 0, why };
}

function speakersNote({ manifest }: FoundModel, shares: readonly SpeakerShare[]): string {
  if (shares.length === 0) return `No speaker was found by ${manifest.name}.`;
  return `Speakers by ${manifest.name}: voices in the order in which they are heard, not people. Their number may be wrong unless it was given.`;
}

function gapNotes(gaps: readonly Gap[]): string[] {
  if (gaps.length === 0) return [];
  const seconds = gaps.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0);
  const times = gaps
    .slice(0, MOST_GAPS_TOLD)
    .map(({ startSeconds, endSeconds }) => `${startSeconds.toFixed(1)}–${endSeconds.toFixed(1)} s`)
    .join(", ");
  const more = gaps.length > MOST_GAPS_TOLD ? `, and ${gaps.length - MOST_GAPS_TOLD} more` : "";
  return [`${seconds.toFixed(1)} s of speech could not be transcribed: ${times}${more}.`];
}

function wordNotes(count: number): string[] {
  return count > 0 ? [] : ["There are no times of words: the model gives none that fit its text."];
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
