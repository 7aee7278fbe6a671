/** What became of a recording's tags, pictures and chapters, for results. */
import { z } from "zod";
import type { RecordingTags, WrittenTags } from "../audio/recording-tags.ts";

export const METADATA = z.object({
  tags_kept: z.number().int(),
  pictures_kept: z.number().int(),
  chapters_kept: z.number().int(),
  not_kept: z.array(z.string()),
});

/** @param tags Those that were to be written. */
export function keptMetadata(tags: RecordingTags, written: WrittenTags): z.input<typeof METADATA> {
  return {
    tags_kept: tags.fields.size,
    pictures_kept: written.pictures,
    chapters_kept: written.chapters,
    not_kept: [...tags.leftOut, ...written.notKept],
  };
}
