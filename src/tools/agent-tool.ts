/** From an agent to its tool: `analyse_<name>` is never written by hand. */
import { z } from "zod";
import type { Agent } from "../agents/agent.ts";
import { withoutSeries } from "../agents/series.ts";
import { AUTO, BUILTIN } from "../engines/engine-choice.ts";
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

/** Of analyses that have a choice. */
const ENGINE_PROVENANCE = PROVENANCE.extend({
  engine: z.string(),
  model: z
    .object({
      id: z.string(),
      name: z.string(),
      licence: z.string(),
      licence_scope: z.string(),
      sha256: z.string().describe("Its beginning"),
    })
    .nullable(),
  notes: z.array(z.string()).describe("On the engine"),
});

/** Every agent takes it, with or without series. Summary when left out; a default in each schema would cost tokens. */
const DETAIL = z.enum(["summary", "full"]).optional();

/** The tool of an agent: its summary, or with `detail: "full"` its series too. */
export function agentTool(agent: Agent): Tool {
  return {
    name: `analyse_${agent.name}`,
    title: `Analyse ${agent.name}`,
    description: agent.description,
    toolset: "analysis",
    input: z.strictObject({
      track_id: TRACK_REFERENCE,
      ...agent.parameters.shape,
      ...engineChoice(agent),
      detail: DETAIL,
    }),
    output: outputSchema(agent),
    annotations: READ_ONLY,
    async run({ track_id, detail: wanted, engine: named, ...parameters }, { services, signal, progress }) {
      const track = await services.library.resolve(String(track_id), signal);
      const engine = typeof named === "string" ? named : undefined;
      const analysis = await services.provider.analyse({ track, agent, parameters, engine }, { signal, progress });
      const value = answerValue(agent, track.id, analysis, wanted === "full");
      return {
        value,
        text: `${describeTrack(track)}: ${summarise(agent, analysis)}`,
        links: seriesLink(agent, track.id, engine),
      };
    },
  };
}

/** The URI under which an analysis can be read with its series; by `auto` where no engine is named. */
export function analysisUri(trackId: string, agent: string, engine?: string): string {
  const query = engine === undefined ? "" : `?engine=${engine}`;
  return `hark://tracks/${trackId}/analysis/${agent}${query}`;
}

/** `auto` where left out, which a default in the schema would say at the cost of tokens. */
function engineChoice({ engines }: Agent): { engine?: z.ZodOptional<z.ZodEnum> } {
  return engines.length === 0 ? {} : { engine: z.enum([AUTO, BUILTIN, ...engines]).optional() };
}

function outputSchema(agent: Agent): z.ZodObject {
  const fields = Object.entries(agent.output.shape).map(([field, schema]) => [
    field,
    field in agent.series ? z.optional(schema) : schema,
  ]);
  const provenance = agent.engines.length === 0 ? PROVENANCE : ENGINE_PROVENANCE;
  return z.object({ track_id: z.string(), ...Object.fromEntries(fields), provenance });
}

function answerValue(agent: Agent, trackId: string, analysis: Analysis, full: boolean): Record<string, unknown> {
  const provenance = {
    agent_version: agent.version,
    cached: analysis.cached,
    measured_at: analysis.createdAt.toISOString(),
    warning: analysis.warning,
    ...(agent.engines.length === 0 ? {} : engineProvenance(analysis)),
  };
  return { track_id: trackId, ...(full ? analysis.result : withoutSeries(agent, analysis.result)), provenance };
}

function engineProvenance({ source: { engine, model, notes } }: Analysis) {
  return { engine, model, notes: [...notes] };
}

/** Where an engine was named, the link names it too: without, it leads to what `auto` takes. */
function seriesLink(agent: Agent, trackId: string, engine: string | undefined): ResourceLink[] {
  const names = Object.keys(agent.series);
  if (names.length === 0) return [];
  const uri = analysisUri(trackId, agent.name, engine);
  const first = engine === undefined ? "?" : "&";
  return [
    {
      uri,
      name: `${agent.name} series`,
      title: `${names.join(", ")} (add ${first}from=&to= in seconds, ${first}from_bar=&to_bar= or ${first}section=)`,
      mimeType: "application/json",
    },
  ];
}

/** What was measured in one line: a client may show its model nothing but this. */
function summarise(agent: Agent, { result, source, cached, warning }: Analysis): string {
  const parts = Object.entries(withoutSeries(agent, result)).flatMap(([field, value]) => {
    const text = field === "descriptor_version" ? null : describeValue(value);
    return text === null ? [] : [`${field} ${text}`];
  });
  const by = source.engine === BUILTIN ? "" : `, by ${source.engine} (${source.model?.name})`;
  const notes = source.notes.length === 0 ? "" : `. ${source.notes.join(" ")}`;
  return `${parts.join(", ")}${by}${cached ? " (stored)" : ""}${notes}${warning === null ? "" : `. Warning: ${warning}`}`;
}

const VERDICTS = z.array(z.object({ profile: z.string(), passes: z.boolean() })).min(1);

/** Null for what is not measured, and for vectors and lists but verdicts. */
function describeValue(value: unknown): string | null {
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return String(value);
  const verdicts = VERDICTS.safeParse(value);
  if (verdicts.success)
    return verdicts.data.map(({ profile, passes }) => `${profile} ${passes ? "passes" : "fails"}`).join("; ");
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  if ("mean" in value) return typeof value.mean === "number" ? String(value.mean) : null;
  return describeFields(value);
}

/** "C major" where all fields are words, else "low 220 high 440". */
function describeFields(value: object): string | null {
  const fields = Object.entries(value).filter(([, field]) => typeof field === "number" || typeof field === "string");
  const areWords = fields.every(([, field]) => typeof field === "string");
  return fields.length === 0 ? null : fields.map(([name, field]) => (areWords ? field : `${name} ${field}`)).join(" ");
}
