/** What one reader of headers found of a file; null where the headers do not tell. */
import type { AudioTags } from "./tags.ts";

export interface PartialProbe {
  readonly container: string | null;
  readonly codec: string | null;
  readonly sampleRateHz: number | null;
  readonly channels: number | null;
  /** Bits per sample of a lossless coding; null for a lossy one. */
  readonly bitDepth: number | null;
  /** From the headers: a stream has none, and a variable bitrate without an index has an estimate. */
  readonly durationSeconds: number | null;
  readonly bitrateBps: number | null;
  readonly lossless: boolean | null;
  readonly tags: AudioTags;
}
