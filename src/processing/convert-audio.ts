/** Another format, with nothing lost that need not be, and the rest said. */
import { z } from "zod";
import { readRecordingTags } from "../audio/recording-tags.ts";
import { OUTPUT_FORMATS, QUALITIES } from "./audio-encodings.ts";
import { checkEncoding, type EncodingRequest, planEncoding } from "./encoding-plan.ts";
import { defineOperation } from "./operation.ts";
import { CODING, chainGraph, renderAudio, sourceCoding } from "./render-audio.ts";
import { withSource } from "./run-ffmpeg-filter.ts";

export const METADATA = z.object({
  tags_kept: z.number().int(),
  pictures_kept: z.number().int(),
  not_kept: z.array(z.string()),
});

const PARAMETERS = z.object({
  format: z.enum(OUTPUT_FORMATS),
  quality: z.enum(QUALITIES).default("high").describe("lossless: wav, aiff, flac, and m4a as ALAC"),
  sample_rate_hz: z.number().int().min(8000).max(384_000).optional(),
  bit_depth: z.union([z.literal(16), z.literal(24), z.literal(32)]).optional(),
  channels: z.number().int().min(1).max(8).optional(),
});

export const convertAudio = defineOperation({
  name: "convert_audio",
  title: "Convert audio",
  description:
    "Converts a recording to wav, aiff, flac, mp3, m4a (AAC, or ALAC when lossless), aac, ogg (Vorbis) or opus, keeping tags and cover " +
    "art. Rate, depth and channels stay unless asked for or the format cannot hold them; the result says what changed and what was lost.",
  version: 1,
  input: PARAMETERS,
  output: z.object({
    format: z.enum(OUTPUT_FORMATS),
    lossless: z.boolean(),
    source: CODING,
    output: CODING,
    changes: z.array(z.string()).describe("What was changed or lost"),
    metadata: METADATA,
    warnings: z.array(z.string()),
    graph: z.string().describe("The FFmpeg filter graph"),
  }),

  check: (parameters) => checkEncoding(requestOf(parameters)),

  async run(source, parameters, context) {
    const plan = planEncoding(source.probe, requestOf(parameters));
    context.progress(0, `Converting to ${parameters.format}`);
    const tags = await withSource(source.path, (opened) => readRecordingTags(opened, context.signal));
    const rendering = {
      graph: chainGraph(plan.filters),
      plan,
      tags,
      role: "converted",
      suffix: "",
      part: null,
      expectedSeconds: source.probe.durationSeconds,
    };
    const rendered = await renderAudio(source, rendering, context, (share) => {
      context.progress(share, `Converting to ${parameters.format}`);
    });
    const notKept = [...tags.leftOut, ...rendered.notKept];
    return {
      value: {
        format: parameters.format,
        lossless: plan.lossless,
        source: await sourceCoding(source),
        output: rendered.coding,
        changes: [...plan.changes],
        metadata: {
          tags_kept: tags.fields.size,
          pictures_kept: tags.pictures.length - rendered.notKept.length,
          not_kept: notKept,
        },
        warnings: [...rendered.warnings],
        graph: rendered.graph,
      },
      files: [rendered.file],
    };
  },
});

function requestOf(parameters: z.output<typeof PARAMETERS>): EncodingRequest {
  return {
    format: parameters.format,
    quality: parameters.quality,
    sampleRateHz: parameters.sample_rate_hz ?? null,
    bitDepth: parameters.bit_depth ?? null,
    channels: parameters.channels ?? null,
    leastBitrateBps: null,
    processed: false,
  };
}
