/** The coding of an output that is to be like its source, at another level or with another sound. */

import type { RecordingTags } from "../audio/recording-tags.ts";
import { isLoudnessTag } from "../audio/tag-names.ts";
import { AppError } from "../errors.ts";
import { FORMATS, formatOf, type OutputFormat } from "./audio-encodings.ts";
import { type EncodingPlan, planEncoding } from "./encoding-plan.ts";
import type { SourceFile } from "./operation.ts";

/**
 * The source's own format, rate, depth and channels, a lossy one at no less bitrate; or `format`, as good as the source where it
 * can be. @throws AppError invalid_input when Hark does not write the source's format.
 */
export function planLikeSource(
  { probe }: SourceFile,
  format: OutputFormat | "same",
  channels: number | null = null,
): EncodingPlan {
  const own = formatOf(probe.container, probe.codec);
  const chosen = format === "same" ? own : format;
  if (chosen === null) {
    const message = `Hark does not write ${probe.codec} in ${probe.container}. Choose a format: ${Object.keys(FORMATS).join(", ")}.`;
    throw new AppError("invalid_input", message);
  }
  const canBeLossless = Object.keys(FORMATS[chosen].lossless).length > 0;
  const isLossy = probe.lossless === false && (chosen === own || FORMATS[chosen].lossy !== null);
  return planEncoding(probe, {
    format: chosen,
    quality: canBeLossless && !isLossy ? "lossless" : "high",
    sampleRateHz: null,
    bitDepth: null,
    channels,
    leastBitrateBps: chosen === own && probe.lossless === false ? probe.bitrateBps : null,
    processed: true,
  });
}

/** The tags without those that tell of the level that was. */
export function withoutLoudnessTags(tags: RecordingTags): RecordingTags {
  const fields = new Map(Array.from(tags.fields).filter(([name]) => !isLoudnessTag(name)));
  const gone = Array.from(tags.fields.keys()).filter(isLoudnessTag);
  const leftOut = gone.length === 0 ? [] : ["ReplayGain and other tags of the old loudness"];
  return { ...tags, fields, leftOut: [...tags.leftOut, ...leftOut] };
}

/** The tags without chapters, for a result whose times are not the source's. */
export function withoutChapters(tags: RecordingTags): RecordingTags {
  if (tags.chapters.length === 0) return tags;
  return { ...tags, chapters: [], leftOut: [...tags.leftOut, "chapters, whose times are not those of the result"] };
}
