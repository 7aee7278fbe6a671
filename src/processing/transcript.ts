/** A transcript over the whole recording, and its forms as files. */
import type { RecognisedSegment, RecognisedWord } from "./speech-recogniser.ts";

/** The segments of a clip at their place in the recording. */
export function atPlace(segments: readonly RecognisedSegment[], clipStartSeconds: number): RecognisedSegment[] {
  const moved = <Timed extends RecognisedWord>(timed: Timed): Timed => ({
    ...timed,
    startSeconds: timed.startSeconds + clipStartSeconds,
    endSeconds: timed.endSeconds + clipStartSeconds,
  });
  return segments.map((segment) => ({ ...moved(segment), words: segment.words.map(moved) }));
}

/** SubRip: numbered cues, times with a comma. */
export function srt(segments: readonly RecognisedSegment[]): string {
  const cues = segments.map(
    (segment, index) =>
      `${index + 1}\n${clock(segment.startSeconds, ",")} --> ${clock(segment.endSeconds, ",")}\n${labelled(segment)}\n`,
  );
  return cues.join("\n");
}

/** WebVTT (W3C), speakers as voices. */
export function vtt(segments: readonly RecognisedSegment[]): string {
  const escaped = (text: string) =>
    oneLine(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const cues = segments.map(
    ({ text, startSeconds, endSeconds, speaker }) =>
      `${clock(startSeconds, ".")} --> ${clock(endSeconds, ".")}\n${speaker === undefined ? "" : `<v ${speaker}>`}${escaped(text)}\n`,
  );
  return ["WEBVTT\n", ...cues].join("\n");
}

/** A line a segment. */
export function plainText(segments: readonly RecognisedSegment[]): string {
  return segments.map((segment) => `${labelled(segment)}\n`).join("");
}

function labelled({ text, speaker }: RecognisedSegment): string {
  return speaker === undefined ? oneLine(text) : `${speaker}: ${oneLine(text)}`;
}

function clock(seconds: number, separator: string): string {
  const total = Math.round(seconds * 1000);
  const part = (value: number, digits: number) => String(value).padStart(digits, "0");
  const [hours, minutes, rest] = [Math.floor(total / 3_600_000), Math.floor(total / 60_000) % 60, total % 60_000];
  return `${part(hours, 2)}:${part(minutes, 2)}:${part(Math.floor(rest / 1000), 2)}${separator}${part(rest % 1000, 3)}`;
}

/** An empty line would end a cue, and `-->` would begin one. */
function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .replaceAll("-->", "→")
    .trim();
}
