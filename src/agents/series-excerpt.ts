/** A part of a series that fits into an answer: thinned to a number of points, with what it comes to in the range. */
import type { Agent, SeriesKind } from "./agent.ts";
import { round } from "./rounding.ts";
import { cutSeries } from "./series.ts";
import type { TimeRange } from "./time-map.ts";

type Json = Readonly<Record<string, unknown>>;

/** Levels are averaged as powers: the mean of -10 and -20 dB is not -15. */
const LEVEL = /(^|_)(lufs|dbfs|dbtp|db)$/;
/** Arrays that say when, not how much. */
const TIMES = /_seconds$/;
const DIGITS = 6;
/** Of a begin, which may be hours from 0. */
const TIME_DECIMALS = 6;

/**
 * The excerpts of an agent's series, by name, in a range of seconds. `times` and `segments` have their `count`, and of the list at
 * most `maxPoints` entries, the first; `omitted` says how many are left out. `sampled` series have the same fields as whole, but
 * `averaged` values in one, so that there are at most `maxPoints`, and `statistics` over all values in the range: mean, min
 * and max of those that are not null (a null level counts in the mean as silence). A series that is null stays null.
 */
export function seriesExcerpts(
  agent: Agent,
  result: Json,
  names: readonly string[],
  { from, to }: TimeRange,
  maxPoints: number,
): Record<string, Json | null> {
  const cut = cutSeries(agent, result, from, to);
  return Object.fromEntries(names.map((name) => [name, excerpt(name, agent.series[name], cut[name], maxPoints)]));
}

function excerpt(name: string, kind: SeriesKind | undefined, series: unknown, maxPoints: number): Json | null {
  if (Array.isArray(series)) {
    const listed = kind === "times" ? "times_seconds" : name;
    return {
      count: series.length,
      [listed]: series.slice(0, maxPoints),
      omitted: Math.max(0, series.length - maxPoints),
    };
  }
  return isJson(series) ? sampledExcerpt(series, maxPoints) : null;
}

function sampledExcerpt(series: Json, maxPoints: number): Json {
  const arrays = Object.entries(series).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const count = Math.max(0, ...arrays.map(([, values]) => values.length));
  const averaged = Math.max(1, Math.ceil(count / maxPoints));
  const { hop_seconds: hop, start_seconds: start } = series;
  const columns = arrays.map(([name, values]) => [name, thinned(name, values.map(numberOrNull), averaged)]);
  const measured = arrays.filter(([name]) => !TIMES.test(name));
  const statistics = measured.map(([name, values]) => [name, statisticsOf(name, values.map(numberOrNull))]);
  return {
    count,
    start_seconds: typeof start === "number" ? (round(start, TIME_DECIMALS) ?? 0) : 0,
    hop_seconds: typeof hop === "number" ? tidy(hop * averaged) : null,
    averaged,
    statistics: Object.fromEntries(statistics),
    ...Object.fromEntries(columns),
  };
}

function statisticsOf(name: string, values: readonly (number | null)[]): Json {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return { mean: null, min: null, max: null, null_values: values.length };
  const extreme = (choose: (...values: number[]) => number) => known.reduce((a, b) => choose(a, b));
  return {
    mean: meanOf(name, values),
    min: extreme(Math.min),
    max: extreme(Math.max),
    null_values: values.length - known.length,
  };
}

function thinned(name: string, values: readonly (number | null)[], size: number): (number | null)[] {
  if (size === 1) return [...values];
  const blocks = Math.ceil(values.length / size);
  return Array.from({ length: blocks }, (_, block) => {
    const part = values.slice(block * size, (block + 1) * size);
    return TIMES.test(name) ? (part[0] ?? null) : meanOf(name, part);
  });
}

/** Null when every value is. */
function meanOf(name: string, values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  if (!LEVEL.test(name)) return tidy(known.reduce((sum, value) => sum + value, 0) / known.length);
  const power = known.reduce((sum, db) => sum + 10 ** (db / 10), 0) / values.length;
  return Number((10 * Math.log10(power)).toFixed(2));
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function tidy(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
