/** `hark://tracks`: the newest tracks. */
import { trackView } from "../tools/track-view.ts";
import type { Resource } from "./resource.ts";

const NEWEST = 50;

export const tracksResource: Resource = {
  name: "tracks",
  title: "Tracks",
  description: "The newest tracks of the library. list_tracks pages through all of them.",
  uriTemplate: "hark://tracks",
  mimeType: "application/json",

  async read(_variables, { services }) {
    const { items, total, nextCursor } = await services.library.list({ limit: NEWEST });
    return { tracks: items.map(trackView), total, next_cursor: nextCursor };
  },
};
