/** Adds a file to the library. */
import { z } from "zod";
import { defineTool } from "./tool.ts";
import { describeTrack, TRACK_SUMMARY, trackSummary } from "./track-view.ts";

export const addTrack = defineTool({
  name: "add_track",
  title: "Add track",
  description:
    "Adds an audio file to the library and starts measuring it in the background. The same bytes are the same track, so adding twice is harmless.",
  toolset: "library",
  input: z.strictObject({
    path: z.string().min(1).max(4096).describe("In a folder Hark may read"),
    analyse: z.boolean().default(true),
  }),
  output: TRACK_SUMMARY.extend({ created: z.boolean().describe("false: it was known") }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },

  async run({ path, analyse }, { services, signal }) {
    const { track, created } = await services.library.add(path, signal);
    if (analyse) services.provider.prefetch(track);
    const text = `${created ? "Added" : "Already known"}: ${describeTrack(track)} as ${track.id}`;
    return { value: { ...trackSummary(track), created }, text };
  },
});
