/** `hark://tracks/{id}/analysis/{agent}`: an analysis with its series, or a range of seconds of them. */
import { z } from "zod";
import { cutSeries } from "../agents/series.ts";
import { AppError } from "../errors.ts";
import type { Resource } from "./resource.ts";
import { trackResource } from "./track-resource.ts";

const seconds = z.coerce.number().nonnegative();
const RANGE = z.object({ from: seconds.default(0), to: seconds.default(Number.POSITIVE_INFINITY) });

export const analysisResource: Resource = {
  name: "analysis",
  title: "Analysis",
  description: "One analysis of a track with its series; from and to cut the series to a range of seconds.",
  uriTemplate: "hark://tracks/{id}/analysis/{agent}{?from,to}",
  mimeType: "application/json",

  async read({ id = "", agent: agentName = "", ...range }, { services, signal, progress }) {
    const { from, to } = parseRange(range);
    const agent = services.agents.find((candidate) => candidate.name === agentName);
    if (agent === undefined) {
      const names = services.agents.map((candidate) => candidate.name).join(", ");
      throw new AppError("not_found", `There is no analysis "${agentName.slice(0, 40)}". There are: ${names}.`);
    }
    const track = await services.library.get(id);
    const analysis = await services.provider.analyse({ track, agent, parameters: {} }, { signal, progress });
    const whole = from === 0 && to === Number.POSITIVE_INFINITY;
    return {
      track_id: track.id,
      agent: agent.name,
      agent_version: agent.version,
      ...(whole ? analysis.result : cutSeries(agent, analysis.result, from, to)),
    };
  },

  async complete(variable, prefix, context) {
    if (variable === "id") return trackResource.complete?.(variable, prefix, context) ?? [];
    if (variable !== "agent") return [];
    return context.services.agents.map((agent) => agent.name).filter((name) => name.startsWith(prefix));
  },
};

function parseRange(range: Readonly<Record<string, string>>): z.output<typeof RANGE> {
  const parsed = RANGE.safeParse(range);
  if (parsed.success && parsed.data.from <= parsed.data.to) return parsed.data;
  throw new AppError(
    "invalid_input",
    "from and to are seconds from the beginning, at least 0, from not after to: ?from=30&to=45.",
  );
}
