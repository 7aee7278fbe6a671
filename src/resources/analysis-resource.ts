/** `hark://tracks/{id}/analysis/{agent}`: an analysis with its series, or a range of them in seconds, bars or a section. */
import { z } from "zod";
import { cutSeries } from "../agents/series.ts";
import { AppError } from "../errors.ts";
import { findRanges, onlyRange, type RangeRequest } from "../tools/time-range.ts";
import type { Resource } from "./resource.ts";
import { trackResource } from "./track-resource.ts";

/** Decimal numbers only: a coerced number would let "", 0x10 and 1e9 pass. */
const number = (pattern: RegExp) => z.string().max(15).regex(pattern).transform(Number).optional();
const seconds = number(/^(\d+\.?\d*|\.\d+)$/);
const bar = number(/^\d+$/);
const QUERY = z.strictObject({
  engine: z.string().min(1).max(40).optional(),
  from: seconds,
  to: seconds,
  from_bar: bar,
  to_bar: bar,
  section: z.string().min(1).max(40).optional(),
});

export const analysisResource: Resource = {
  name: "analysis",
  title: "Analysis",
  description:
    "One analysis of a track with its series; from and to (seconds), from_bar and to_bar, or section cut the series.",
  uriTemplate: "hark://tracks/{id}/analysis/{agent}{?engine,from,to,from_bar,to_bar,section}",
  mimeType: "application/json",

  async read({ id = "", agent: agentName = "", ...query }, call) {
    const { services, signal, progress } = call;
    const { engine, range: request } = parseQuery(query);
    const agent = services.agents.find((candidate) => candidate.name === agentName);
    if (agent === undefined) {
      const names = services.agents.map((candidate) => candidate.name).join(", ");
      throw new AppError("not_found", `There is no analysis "${agentName.slice(0, 40)}". There are: ${names}.`);
    }
    const track = await services.library.get(id);
    const analysis = await services.provider.analyse({ track, agent, parameters: {}, engine }, { signal, progress });
    const { from, to } = onlyRange(await findRanges(request, track, call));
    const whole = Object.values(request).every((value) => value === undefined);
    return {
      track_id: track.id,
      agent: agent.name,
      agent_version: agent.version,
      ...(agent.engines.length === 0 ? {} : { engine: analysis.source.engine }),
      ...(whole ? analysis.result : cutSeries(agent, analysis.result, from, to)),
    };
  },

  async complete(variable, prefix, context) {
    if (variable === "id") return trackResource.complete?.(variable, prefix, context) ?? [];
    if (variable !== "agent") return [];
    return context.services.agents.map((agent) => agent.name).filter((name) => name.startsWith(prefix));
  },
};

function parseQuery(query: Readonly<Record<string, string>>): { engine: string | undefined; range: RangeRequest } {
  const parsed = QUERY.safeParse(query);
  if (!parsed.success) {
    throw new AppError(
      "invalid_input",
      "A query may have from and to, seconds from the beginning, at least 0, or from_bar and to_bar, whole bars, or section, and engine where the analysis has several, and nothing else: ?from=30&to=45, ?from_bar=17&to_bar=24, ?section=B2.",
    );
  }
  const { engine, from, to, ...musical } = parsed.data;
  return { engine, range: { from_seconds: from, to_seconds: to, ...musical } };
}
