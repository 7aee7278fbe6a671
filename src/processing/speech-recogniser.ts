/** The contract of a speech recogniser: a short clip in, words out. */
import { AppError } from "../errors.ts";
import type { SpeechClip } from "./speech-clips.ts";

export interface RecognisedWord {
  readonly text: string;
  /** From the clip's beginning. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** As the engine gives it, in [0, 1]; null where it gives none. */
  readonly confidence: number | null;
  /** `S1`, `S2`: who speaks; left out where that was not asked for. */
  readonly speaker?: string;
}

/** A sentence or so. */
export interface RecognisedSegment extends RecognisedWord {
  readonly words: readonly RecognisedWord[];
}

export interface Recognition {
  readonly segments: readonly RecognisedSegment[];
  /** As the engine heard it; null where it does not say. */
  readonly language: string | null;
}

/** One clip could not be recognised, after a second try where that can help; the next one may succeed. */
export class ClipFailure extends AppError {
  constructor(error: AppError) {
    super(error.kind, error.message, { cause: error });
    this.name = "ClipFailure";
  }
}

export interface SpeechRecogniser {
  readonly engine: "endpoint" | "sherpa" | "pocketsphinx";
  readonly model: string;
  /** ISO 639-1, where it knows no other; null where it knows several. */
  readonly onlyLanguage: string | null;
  /** What the user should know: limits, where the audio goes, what it costs. */
  readonly notes: readonly string[];
  /**
   * @param language ISO 639-1, or null to have it detected.
   * @throws ClipFailure for this clip; AppError where no clip would succeed; the signal's reason when it is aborted. A clip has a time
   * limit that grows with its length.
   */
  recognise(clip: SpeechClip, language: string | null, signal: AbortSignal): Promise<Recognition>;
  /** Ends what it started. */
  close(): Promise<void>;
}
