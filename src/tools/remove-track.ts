/** Forgets a track. */
import { z } from "zod";
import { AppError } from "../errors.ts";
import { isTrackId } from "../tracks/track-library.ts";
import { defineTool } from "./tool.ts";
import { describeTrack } from "./track-view.ts";

export const removeTrack = defineTool({
  name: "remove_track",
  title: "Remove track",
  description: "Forgets a track and its stored analyses. The audio file itself stays where it is.",
  toolset: "library",
  input: z.strictObject({ track_id: z.string().min(1).max(100).describe("Track id; a path is not taken") }),
  output: z.object({ track_id: z.string(), removed: z.boolean().describe("false: there was none") }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },

  async run({ track_id }, { services }) {
    if (!isTrackId(track_id))
      throw new AppError("invalid_input", "remove_track takes a track id. list_tracks shows them.");
    const track = await services.library.find(track_id);
    if (track === null) return { value: { track_id, removed: false }, text: "There is no such track (any more)." };
    const removed = await services.library.remove(track);
    return { value: { track_id, removed }, text: `Removed ${describeTrack(track)}; its file stays.` };
  },
});
