/** Gives a part of an analysis along time, by seconds, bars or section. */
import { z } from "zod";
import type { Agent } from "../agents/agent.ts";
import { seriesExcerpts } from "../agents/series-excerpt.ts";
import { BUILTIN } from "../engines/engine-choice.ts";
import { AppError } from "../errors.ts";
import type { Track } from "../storage/track-repository.ts";
import { type FoundRange, findRanges } from "./time-range.ts";
import { defineTool, READ_ONLY } from "./tool.ts";
import { TRACK_REFERENCE } from "./track-reference.ts";
import { describeTrack } from "./track-view.ts";

/** Leaves room for the rest of an answer, which may have 20,000 characters. */
const MAX_CHARACTERS = 17_000;

/** Ranges are checked against the track (time-range.ts), which says more than a bound would. */
const bar = z.int().optional();
const time = z.number().optional();
const musical = z.object({ bar: z.int().nullable(), beat: z.int().nullable(), section: z.string().nullable() });

const SERIES_PART = z.object({
  from_seconds: z.number(),
  to_seconds: z.number().nullable().describe("null: the end"),
  begin: musical.optional().describe("Musical time, where bars or a section were asked for"),
  end: musical.optional(),
  why_uncertain: z.string().nullable().describe("Why bars or section may be wrong"),
  series: z
    .record(z.string(), z.record(z.string(), z.unknown()).nullable())
    .describe("By name; `averaged`: that many values in one; statistics cover every value, levels averaged as power"),
});

type SeriesPart = z.output<typeof SERIES_PART>;

export const getSeries = defineTool({
  name: "get_series",
  title: "Get series",
  description:
    "Gives series of an analysis (loudness, beats, chords …) in a range of seconds, bars (both included) or a section, with mean, min and max.",
  toolset: "analysis",
  input: z.strictObject({
    track_id: TRACK_REFERENCE,
    agent: z.string().max(50).describe("loudness, tonal …"),
    series: z.string().max(50).optional(),
    engine: z.string().max(40).optional(),
    from_seconds: time,
    to_seconds: time,
    from_bar: bar,
    to_bar: bar,
    section: z.string().min(1).max(40).describe("B, or B2: the second B").optional(),
    max_points: z.int().min(1).default(100),
  }),
  output: z.object({
    track_id: z.string(),
    agent: z.string(),
    parts: z.array(SERIES_PART),
    warning: z.string().nullable().describe("Why the result may be incomplete"),
  }),
  annotations: READ_ONLY,

  async run({ track_id, agent: agentName, series, engine, max_points: maxPoints, ...range }, call) {
    const { services, signal, progress } = call;
    const agent = findAgent(services.agents, agentName);
    const names = seriesNames(agent, series);
    const track = await services.library.resolve(track_id, signal);
    const ranges = await findRanges(range, track, call);
    const request = { track, agent, parameters: {}, engine };
    const { result, warning, source } = await services.provider.analyse(request, { signal, progress });
    const parts = fitting(maxPoints, (points) =>
      ranges.map((found) => ({
        ...wireRange(found, track),
        series: seriesExcerpts(agent, result, names, found, points),
      })),
    );
    const by = source.engine === BUILTIN ? "" : ` by ${source.engine}`;
    const text = `${agent.name}${by} of ${describeTrack(track)}: ${parts.map(describePart).join("; ")}`;
    return { value: { track_id: track.id, agent: agent.name, parts, warning }, text };
  },
});

function findAgent(agents: readonly Agent[], name: string): Agent {
  const found = agents.find((agent) => agent.name === name.replace(/^analyse_/, ""));
  if (found !== undefined && Object.keys(found.series).length > 0) return found;
  const names = agents.filter((agent) => Object.keys(agent.series).length > 0).map((agent) => agent.name);
  throw new AppError("not_found", `No agent "${name}" has series. These have: ${names.join(", ")}.`);
}

function seriesNames(agent: Agent, series: string | undefined): readonly string[] {
  const names = Object.keys(agent.series);
  if (series === undefined) return names;
  if (names.includes(series)) return [series];
  throw new AppError("not_found", `${agent.name} has no series "${series}". It has: ${names.join(", ")}.`);
}

/** The parts with as many points as fit, at most those asked for. */
function fitting(maxPoints: number, partsOf: (points: number) => SeriesPart[]): SeriesPart[] {
  let points = maxPoints;
  let parts = partsOf(points);
  while (points > 1 && JSON.stringify(parts).length > MAX_CHARACTERS) {
    points = Math.ceil(points / 2);
    parts = partsOf(points);
  }
  return parts;
}

function wireRange({ from, to, begin, end, whyUncertain }: FoundRange, track: Track): Omit<SeriesPart, "series"> {
  return {
    from_seconds: from,
    to_seconds: Number.isFinite(to) ? to : track.durationSeconds,
    ...(begin === undefined ? {} : { begin }),
    ...(end === undefined ? {} : { end }),
    why_uncertain: whyUncertain,
  };
}

/** "bars 17 to 24, 32.0 to 48.1 s: short_term lufs -14.2 (-16 to -12)". */
function describePart({ from_seconds, to_seconds, begin, end, why_uncertain, series }: SeriesPart): string {
  const seconds = `${from_seconds.toFixed(1)} to ${to_seconds?.toFixed(1) ?? "the end"} s`;
  const bars = typeof begin?.bar === "number" ? `bars ${begin.bar} to ${end?.bar}, ` : "";
  const section = typeof begin?.section === "string" ? `section ${begin.section}, ` : "";
  const contents = Object.entries(series).map(([name, excerpt]) => `${name} ${describeExcerpt(excerpt)}`);
  const doubt = why_uncertain === null ? "" : ` (${why_uncertain})`;
  return `${section}${bars}${seconds}: ${contents.join(", ")}${doubt}`;
}

function describeExcerpt(excerpt: Readonly<Record<string, unknown>> | null): string {
  if (excerpt === null) return "not measured";
  const { count, statistics } = excerpt;
  if (typeof statistics !== "object" || statistics === null) return count === 1 ? "1 entry" : `${count} entries`;
  return Object.entries(statistics)
    .map(([name, { mean, min, max }]) => `${name} ${mean === null ? "none" : `${mean} (${min} to ${max})`}`)
    .join(", ");
}
