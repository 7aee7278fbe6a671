/** From an agent to its tool: `analyse_<name>` is never written by hand. */
import { z } from "zod";
import type { Agent } from "../agents/agent.ts";
import { withoutSeries } from "../agents/series.ts";
import type { Analysis } from "../providers/provider.ts";
import { READ_ONLY, type ResourceLink, type Tool } from "./tool.ts";
import { TRACK_REFERENCE } from "./track-reference.ts";
import { describeTrack } from "./track-view.ts";

const PROVENANCE = z.object({
  agent_version: z.number().int(),
  cached: z.boolean(),
  measured_at: z.string(),
  warning: z.string().nullable().describe("Why the result may be incomplete"),
});

/** The tool of an agent: its summary, or with `detail: "full"` its series too. */
export function agentTool(agent: Agent): Tool {
  const seriesNames = Object.keys(agent.series);
  const detail = z.enum(["summary", "full"]).default("summary");
  return {
    name: `analyse_${agent.name}`,
    title: `Analyse ${agent.name}`,
    description: agent.description,
    toolset: "analysis",
    input: z.strictObject({
      track_id: TRACK_REFERENCE,
      ...agent.parameters.shape,
      ...(seriesNames.length > 0 ? { detail } : {}),
    }),
    output: outputSchema(agent),
    annotations: READ_ONLY,
    async run({ track_id, detail: wanted, ...parameters }, { services, signal, progress }) {
      const track = await services.library.resolve(String(track_id), signal);
      const analysis = await services.provider.analyse({ track, agent, parameters }, { signal, progress });
      const value = answerValue(agent, track.id, analysis, wanted === "full");
      return {
        value,
        text: `${describeTrack(track)}: ${summarise(agent, analysis)}`,
        links: seriesLink(agent, track.id),
      };
    },
  };
}

/** The URI under which an analysis can be read with its series. */
export function analysisUri(trackId: string, agent: string): string {
  return `hark://tracks/${trackId}/analysis/${agent}`;
}

function outputSchema(agent: Agent): z.ZodObject {
  const fields = Object.entries(agent.output.shape).map(([field, schema]) => [
    field,
    field in agent.series ? z.optional(schema) : schema,
  ]);
  return z.object({ track_id: z.string(), ...Object.fromEntries(fields), provenance: PROVENANCE });
}

function answerValue(agent: Agent, trackId: string, analysis: Analysis, full: boolean): Record<string, unknown> {
  const provenance = {
    agent_version: agent.version,
    cached: analysis.cached,
    measured_at: analysis.createdAt.toISOString(),
    warning: analysis.warning,
  };
  return { track_id: trackId, ...(full ? analysis.result : withoutSeries(agent, analysis.result)), provenance };
}

function seriesLink(agent: Agent, trackId: string): ResourceLink[] {
  const names = Object.keys(agent.series);
  if (names.length === 0) return [];
  const uri = analysisUri(trackId, agent.name);
  return [
    {
      uri,
      name: `${agent.name} series`,
      title: `${names.join(", ")} (add ?from=&to= in seconds, ?from_bar=&to_bar= or ?section=)`,
      mimeType: "application/json",
    },
  ];
}

/** The measured numbers in one line. */
function summarise(agent: Agent, { result, cached, warning }: Analysis): string {
  const parts: string[] = [];
  for (const [field, value] of Object.entries(withoutSeries(agent, result))) {
    if (typeof value === "number" || typeof value === "string") parts.push(`${field} ${value}`);
    else if (typeof value === "object" && value !== null && "mean" in value && typeof value.mean === "number") {
      parts.push(`${field} ${value.mean}`);
    }
  }
  return `${parts.join(", ")}${cached ? " (stored)" : ""}${warning === null ? "" : `. Warning: ${warning}`}`;
}
