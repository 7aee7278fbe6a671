/** Shows one track. */
import { z } from "zod";
import { defineTool, READ_ONLY } from "./tool.ts";
import { TRACK_REFERENCE } from "./track-reference.ts";
import { describeTrack, TRACK_VIEW, trackView } from "./track-view.ts";

export const getTrack = defineTool({
  name: "get_track",
  title: "Get track",
  description:
    "Shows one track: format, codec, rate, channels, bit depth, duration, tags and whether it has been measured.",
  toolset: "library",
  input: z.strictObject({ track_id: TRACK_REFERENCE }),
  output: TRACK_VIEW,
  annotations: READ_ONLY,

  async run({ track_id }, { services, signal }) {
    const track = await services.library.resolve(track_id, signal);
    return { value: trackView(track), text: `${describeTrack(track)}: ${track.status}` };
  },
});
