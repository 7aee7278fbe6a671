/** Loudness and peaks of a file by Hark's own meter. */
import { z } from "zod";
import { loudness } from "../agents/loudness.ts";
import { ffmpegDecoder } from "../audio/ffmpeg-decoder.ts";
import { openExtraction } from "../features/extraction.ts";
import type { OperationContext } from "./operation.ts";
import { withSource } from "./run-ffmpeg-filter.ts";

export const LEVELS = z.object({
  integrated_lufs: z.number().nullable(),
  loudness_range_lu: z.number().nullable(),
  true_peak_dbtp: z.number().nullable(),
  sample_peak_dbfs: z.number().nullable(),
  why_null: z.string().nullable(),
});

export type Levels = z.output<typeof LEVELS>;

export interface Measurement {
  readonly levels: Levels;
  /** Exact, of the decoded samples. */
  readonly durationSeconds: number;
  /** `[hop]`: short-term loudness of windows of 3 s, one every 0.1 s; null: silence. */
  readonly shortTermLufs: readonly (number | null)[];
}

/** Decodes a file once and runs the loudness agent on it. @throws AppError as decoding does; the signal's reason. */
export async function measureLoudness(
  path: string,
  expectedSeconds: number | null,
  { ffmpeg, limits, signal }: OperationContext,
  onShare: (share: number | null) => void,
): Promise<Measurement> {
  return await withSource(path, async (source) => {
    const { format, blocks } = await ffmpegDecoder(ffmpeg).open(source, { limits, signal });
    const extraction = openExtraction(format, loudness.needs);
    let samples = 0;
    for await (const block of blocks) {
      extraction.push(block);
      samples += block.length;
      if (expectedSeconds !== null) onShare(Math.min(1, samples / format.sampleRate / expectedSeconds));
    }
    const result = loudness.analyse(extraction.finish(), {});
    return {
      levels: LEVELS.strip().parse(result),
      durationSeconds: samples / format.sampleRate,
      shortTermLufs: result.short_term.lufs,
    };
  });
}
