/** All clips of a recording through a recogniser; one that fails leaves a gap. */
import { rm } from "node:fs/promises";
import type { ClipSpan, SpeechClip } from "./speech-clips.ts";
import { ClipFailure, type RecognisedSegment, type SpeechRecogniser } from "./speech-recogniser.ts";
import { atPlace } from "./transcript.ts";

/** So many failures in a row are not of the clips. */
const MOST_FAILURES_IN_A_ROW = 3;

/** A clip without a transcript. */
export interface Gap extends ClipSpan {
  readonly why: string;
}

export interface RecognisedClips {
  /** At their place in the recording. */
  readonly segments: readonly RecognisedSegment[];
  /** Seconds of the clips in which a language was named. */
  readonly languages: ReadonlyMap<string, number>;
  readonly gaps: readonly Gap[];
}

/**
 * The clips in order, each deleted afterwards. After three failures in a row the rest is not tried. @param report Takes the share done.
 * @throws the failure when all that were tried failed; AppError as the recogniser does; the signal's reason.
 */
export async function recogniseClips(
  recogniser: SpeechRecogniser,
  clips: readonly SpeechClip[],
  language: string | null,
  signal: AbortSignal,
  report: (share: number, message: string) => void,
): Promise<RecognisedClips> {
  const segments: RecognisedSegment[] = [];
  const languages = new Map<string, number>();
  const gaps: Gap[] = [];
  let failuresInARow = 0;
  let recognised = 0;
  for (const [index, clip] of clips.entries()) {
    signal.throwIfAborted();
    const { path, startSeconds, endSeconds } = clip;
    if (failuresInARow === MOST_FAILURES_IN_A_ROW) {
      gaps.push({ startSeconds, endSeconds, why: "Not tried after three failures in a row." });
      continue;
    }
    report(index / clips.length, `Transcribing part ${index + 1} of ${clips.length}`);
    try {
      const found = await recogniser.recognise(clip, language, signal);
      failuresInARow = 0;
      recognised++;
      segments.push(...atPlace(found.segments, startSeconds));
      if (found.language === null || found.segments.length === 0) continue;
      languages.set(found.language, (languages.get(found.language) ?? 0) + endSeconds - startSeconds);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ClipFailure)) throw error;
      gaps.push({ startSeconds, endSeconds, why: error.message });
      failuresInARow++;
      const isLast = index === clips.length - 1;
      if (recognised === 0 && (isLast || failuresInARow === MOST_FAILURES_IN_A_ROW)) throw error;
    } finally {
      await rm(path, { force: true });
    }
  }
  return { segments, languages, gaps };
}
