/** `hark://tracks/{id}`: one track and which analyses of it are there. */
import { analysisUri } from "../tools/agent-tool.ts";
import { trackView } from "../tools/track-view.ts";
import type { Resource } from "./resource.ts";

const LISTED = 50;
const COMPLETED = 20;

export const trackResource: Resource = {
  name: "track",
  title: "Track",
  description: "One track: format, tags, status, and where its analyses can be read.",
  uriTemplate: "hark://tracks/{id}",
  mimeType: "application/json",

  async read({ id = "" }, { services }) {
    const track = await services.library.get(id);
    const analyses = services.agents.map((agent) => ({ agent: agent.name, uri: analysisUri(track.id, agent.name) }));
    return { ...trackView(track), analyses };
  },

  async list({ services }) {
    const { items } = await services.library.list({ limit: LISTED });
    return items.map((track) => ({ uri: `hark://tracks/${track.id}`, name: track.id, title: track.filename }));
  },

  async complete(variable, prefix, { services }) {
    return variable === "id" ? services.library.completeIds(prefix, COMPLETED) : [];
  },
};
