/** Series of a result: leaving them out, and cutting a range of seconds out of them. */
import type { Agent } from "./agent.ts";

type Result = Readonly<Record<string, unknown>>;

/** A result's summary: everything but its series. */
export function withoutSeries(agent: Agent, result: Result): Record<string, unknown> {
  return Object.fromEntries(Object.entries(result).filter(([field]) => !(field in agent.series)));
}

/**
 * A result with its series cut to [from, to), seconds. A sampled series gets `start_seconds`, the time of its first value;
 * segments that reach into the range stay whole.
 * Fields that are not series, and a series that is null, stay as they are.
 */
export function cutSeries(agent: Agent, result: Result, from: number, to: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(result).map(([field, value]) => {
      const kind = agent.series[field];
      if (kind === "times" && Array.isArray(value)) return [field, value.filter((time) => time >= from && time < to)];
      if (kind === "segments" && Array.isArray(value)) return [field, value.filter((item) => overlaps(item, from, to))];
      if (kind === "sampled" && isRecord(value)) return [field, cutSampled(value, from, to)];
      return [field, value];
    }),
  );
}

function overlaps(segment: unknown, from: number, to: number): boolean {
  if (!isRecord(segment)) return false;
  const { start_seconds: start, end_seconds: end } = segment;
  return typeof start === "number" && typeof end === "number" && start < to && end > from;
}

function cutSampled(series: Result, from: number, to: number): Record<string, unknown> {
  const hop = series.hop_seconds;
  if (typeof hop !== "number") return { ...series };
  const first = Math.max(0, Math.ceil(from / hop - 1e-9));
  const end = Math.max(first, Math.ceil(to / hop - 1e-9));
  const cut = Object.entries(series).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.slice(first, end) : value,
  ]);
  return { ...Object.fromEntries(cut), start_seconds: first * hop };
}

function isRecord(value: unknown): value is Result {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
