/** From a range as callers give it (seconds, bars or a section) to seconds, by the track's time map. */
import {
  barCount,
  barRange,
  findSections,
  type MusicalPosition,
  positionAt,
  type Section,
  type TimeMap,
  type TimeRange,
  timeMap,
} from "../agents/time-map.ts";
import { AppError } from "../errors.ts";
import type { Track } from "../storage/track-repository.ts";
import type { CallContext } from "./tool.ts";

export interface RangeRequest {
  readonly from_seconds?: number | undefined;
  readonly to_seconds?: number | undefined;
  /** Both ends are included. */
  readonly from_bar?: number | undefined;
  readonly to_bar?: number | undefined;
  readonly section?: string | undefined;
}

/** A range, with its musical time where that was asked for. */
export interface FoundRange extends TimeRange {
  readonly begin?: MusicalPosition;
  readonly end?: MusicalPosition;
  /** Why its bars or its section may be wrong; null where they are sure. */
  readonly whyUncertain: string | null;
}

/** Below, an answer says that bars or a section are uncertain. */
const SURE = 0.7;

/** Before the end of a range, seconds, so that its end is still inside. */
const INSIDE = 0.05;

const WHOLE: FoundRange = { from: 0, to: Number.POSITIVE_INFINITY, whyUncertain: null };

/**
 * The ranges that a request means: the whole track for an empty one, several for the label of a section that comes back.
 * @throws AppError invalid_input for a mix of ways or an impossible range; not_found for bars or sections that the track does
 *   not have, or that are not known; whatever the analyses throw.
 */
export async function findRanges(
  request: RangeRequest,
  track: Track,
  call: CallContext,
): Promise<readonly FoundRange[]> {
  const isGiven = (...values: unknown[]) => values.some((value) => value !== undefined);
  const { from_seconds, to_seconds, from_bar, to_bar, section } = request;
  const ways = [isGiven(from_seconds, to_seconds), isGiven(from_bar, to_bar), isGiven(section)].filter(Boolean);
  if (ways.length > 1) {
    throw new AppError("invalid_input", "A range was given in several ways. Give seconds, or bars, or a section.");
  }
  if (section !== undefined) {
    const { map } = await loadTimeMap(track, call);
    return sectionRanges(map, section).map((range) => located(map, range, sectionDoubt(range)));
  }
  if (isGiven(from_bar, to_bar)) {
    const { map, whyNoBars } = await loadTimeMap(track, call);
    return [located(map, barsRange(map, from_bar, to_bar, whyNoBars), barsDoubt(map))];
  }
  const range = secondsRange(from_seconds ?? WHOLE.from, to_seconds ?? WHOLE.to, await knownDuration(track, call));
  return [{ ...WHOLE, ...range }];
}

/** @throws AppError invalid_input for several ranges: names the occurrences to choose from. */
export function onlyRange(ranges: readonly FoundRange[]): FoundRange {
  const [range] = ranges;
  if (range !== undefined && ranges.length === 1) return range;
  const names = ranges.map(({ begin }) => begin?.section).join(", ");
  throw new AppError("invalid_input", `The section comes ${ranges.length} times. Name one of: ${names}.`);
}

/** An end at or after that of the track is the track's: infinity, as where none is given. */
function secondsRange(from: number, to: number, durationSeconds: number): TimeRange {
  if (from > durationSeconds) {
    const message = `The range begins at ${from} s; the track ends at ${durationSeconds} s. Begin before that.`;
    throw new AppError("invalid_input", message);
  }
  if (from >= 0 && from <= to) return { from, to: to < durationSeconds ? to : WHOLE.to };
  throw new AppError(
    "invalid_input",
    `The range begins at ${from} s and ends at ${to} s; expected a begin of at least 0, and not after the end.`,
  );
}

function barsRange(map: TimeMap, from: number | undefined, to: number | undefined, whyNoBars: string): TimeRange {
  const bars = barCount(map);
  if (bars === 0) throw new AppError("not_found", `Bars are not known here: ${whyNoBars} Give the range in seconds.`);
  const [first, last] = [from ?? 0, to ?? bars];
  const range = barRange(map, from === undefined && map.downbeats[0] === 0 ? 1 : first, last);
  if (range !== null) return range;
  if (first > last) {
    const message = `The range begins at bar ${first} and ends at bar ${last}; expected a begin not after the end.`;
    throw new AppError("invalid_input", message);
  }
  const upbeat = map.downbeats[0] === 0 ? "" : ", and 0 for what comes before bar 1";
  throw new AppError(
    "invalid_input",
    `Bars ${first} to ${last} were asked for; this track has bars 1 to ${bars}${upbeat}.`,
  );
}

function sectionRanges(map: TimeMap, reference: string): readonly Section[] {
  const found = findSections(map, reference);
  if (found.length > 0) return found;
  if (map.sections.length === 0)
    throw new AppError("not_found", "No sections are known in this track. Give the range in seconds or bars.");
  const sections = map.sections.map(({ name, from, to }) => `${name} (${from.toFixed(1)}-${to.toFixed(1)} s)`);
  throw new AppError(
    "not_found",
    `There is no section "${reference.slice(0, 20)}". There are: ${sections.join(", ")}.`,
  );
}

function located(map: TimeMap, { from, to }: TimeRange, whyUncertain: string | null): FoundRange {
  return { from, to, begin: positionAt(map, from), end: positionAt(map, Math.max(from, to - INSIDE)), whyUncertain };
}

function barsDoubt({ meterConfidence }: TimeMap): string | null {
  if (meterConfidence === null || meterConfidence >= SURE) return null;
  return `The meter, and so where bars are, is right with a chance of ${meterConfidence}.`;
}

function sectionDoubt({ name, confidence }: Section): string | null {
  return confidence === null || confidence >= SURE ? null : `Section ${name} has a confidence of ${confidence}.`;
}

/** Seconds; infinity where neither the file's header nor a measurement tells. */
async function knownDuration(track: Track, { services }: CallContext): Promise<number> {
  const measured = async () => (await services.library.get(track.id)).durationSeconds;
  return track.durationSeconds ?? (await measured()) ?? WHOLE.to;
}

/** Rhythm and structure are measured in one pass with what else is missing. */
async function loadTimeMap(track: Track, { services, signal, progress }: CallContext) {
  const resultOf = async (name: string) => {
    const agent = services.agents.find((candidate) => candidate.name === name);
    if (agent === undefined) return null;
    return (await services.provider.analyse({ track, agent, parameters: {} }, { signal, progress })).result;
  };
  const [rhythm, structure] = await Promise.all([resultOf("rhythm"), resultOf("structure")]);
  // A header may not say it; measuring does.
  const measuredDuration = async () => (await services.library.get(track.id)).durationSeconds ?? 0;
  const doubt = typeof rhythm?.why_uncertain === "string" ? rhythm.why_uncertain : "";
  return {
    map: timeMap(rhythm, structure, track.durationSeconds ?? (await measuredDuration())),
    whyNoBars: `no downbeats are sure in this track. ${doubt}`.trim(),
  };
}
