/** Lists the library, page by page. */
import { z } from "zod";
import { defineTool, READ_ONLY } from "./tool.ts";
import { TRACK_SUMMARY, TRACK_VIEW, trackSummary } from "./track-view.ts";

export const listTracks = defineTool({
  name: "list_tracks",
  title: "List tracks",
  description:
    "Lists the tracks of the library, newest first, a page at a time. Use it to find a track_id by file name or tag.",
  toolset: "library",
  input: z.strictObject({
    query: z.string().max(200).describe("In name or tags").optional(),
    status: TRACK_VIEW.shape.status.optional(),
    limit: z.int().min(1).max(50).default(20),
    cursor: z.string().max(500).describe("next_cursor of the page before").optional(),
  }),
  output: z.object({
    tracks: z.array(TRACK_SUMMARY),
    total: z.number().int(),
    next_cursor: z.string().nullable(),
  }),
  annotations: READ_ONLY,

  async run({ limit, ...filter }, { services }) {
    const { items, total, nextCursor } = await services.library.list({ ...filter, limit });
    const tracks = items.map(trackSummary);
    const text = `${tracks.length} of ${total} tracks${nextCursor === null ? "" : "; more with next_cursor"}`;
    return { value: { tracks, total, next_cursor: nextCursor }, text };
  },
});
