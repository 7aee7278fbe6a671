/**
 * Musical time: between seconds, bars, beats and sections, from the results of `rhythm` and `structure`. Bars count from 1 at the
 * first downbeat; what sounds before it, an upbeat, is bar 0. The last bar ends with the recording.
 */
import { z } from "zod";

/** In seconds; the end is not part of it. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

export interface Section extends TimeRange {
  /** The label and which of its kind it is, "B2"; alone of its kind, "B". */
  readonly name: string;
  readonly label: string;
  /** As `structure` gives it; null where it gives none. */
  readonly confidence: number | null;
}

export interface TimeMap {
  /** Ascending seconds. */
  readonly beats: readonly number[];
  /** Where bars 1, 2, … begin, ascending seconds; empty when bars are not known. */
  readonly downbeats: readonly number[];
  /** The chance that bars are as long as the downbeats say, in [0, 1]; null where it is not known. */
  readonly meterConfidence: number | null;
  /** In order of time; empty when sections are not known. */
  readonly sections: readonly Section[];
  readonly durationSeconds: number;
}

export interface MusicalPosition {
  /** Null where bars are not known. */
  readonly bar: number | null;
  /** From 1 at the downbeat; null where bars are not known, and before the first beat. */
  readonly beat: number | null;
  /** Null where none is known. */
  readonly section: string | null;
}

/** Beats within this of a downbeat are it, seconds: both are rounded for the wire. */
const SAME_TIME = 0.02;

const seconds = z.array(z.number()).catch([]);
const confidence = z.number().nullable().catch(null);
const RHYTHM = z.object({
  beat_times_seconds: seconds,
  downbeat_times_seconds: seconds,
  meter_confidence: confidence,
});
const STRUCTURE = z.object({
  sections: z
    .array(z.object({ start_seconds: z.number(), end_seconds: z.number(), label: z.string(), confidence }))
    .catch([]),
});

/** The map of a recording. A result that is null, or lacks beats, downbeats or sections, gives a map without them. */
export function timeMap(rhythm: unknown, structure: unknown, durationSeconds: number): TimeMap {
  const { beat_times_seconds, downbeat_times_seconds, meter_confidence } = RHYTHM.parse(rhythm ?? {});
  const { sections } = STRUCTURE.parse(structure ?? {});
  return {
    beats: beat_times_seconds,
    downbeats: downbeat_times_seconds,
    meterConfidence: meter_confidence,
    sections: nameSections(sections),
    durationSeconds,
  };
}

/** How many bars there are after the upbeat. */
export function barCount({ downbeats }: TimeMap): number {
  return downbeats.length;
}

/** Where bars `first` to `last` begin and end, both included; 0 is the upbeat. Null where there is no such bar. */
export function barRange(map: TimeMap, first: number, last: number): TimeRange | null {
  const [from, to] = [barStart(map, first), barStart(map, last + 1)];
  return from === null || to === null || from >= to ? null : { from, to };
}

/** Where a bar begins: bar 0 at 0, and the one after the last at the end. Null where there is no such bar. */
function barStart({ downbeats, durationSeconds }: TimeMap, bar: number): number | null {
  if (downbeats.length === 0) return null;
  if (bar === 0) return 0;
  if (bar === downbeats.length + 1) return Math.max(durationSeconds, downbeats.at(-1) ?? 0);
  return downbeats[bar - 1] ?? null;
}

/**
 * The sections that a reference means, in order of time: "B2" the second B, "B" every B, "3" the third section of all. Whatever
 * its case; empty where there is none.
 */
export function findSections({ sections }: TimeMap, reference: string): readonly Section[] {
  const wanted = reference.trim().toLowerCase();
  if (/^\d+$/.test(wanted)) return sections.slice(Number(wanted) - 1, Number(wanted));
  const named = sections.filter(({ name }) => name.toLowerCase() === wanted);
  if (named.length > 0) return named;
  const [, label = wanted, occurrence] = /^(.*?)\s*(\d+)$/.exec(wanted) ?? [];
  const alike = sections.filter((section) => section.label.toLowerCase() === label);
  return occurrence === undefined ? alike : alike.slice(Number(occurrence) - 1, Number(occurrence));
}

/** What a moment is in musical time. */
export function positionAt({ beats, downbeats, sections }: TimeMap, time: number): MusicalPosition {
  const section = sections.find(({ from, to }) => time >= from && time < to)?.name ?? null;
  if (downbeats.length === 0) return { bar: null, beat: null, section };
  const bar = countUntil(downbeats, time + SAME_TIME);
  const barBegin = bar === 0 ? Number.NEGATIVE_INFINITY : downbeats[bar - 1];
  const beat = countUntil(beats, time + SAME_TIME) - countUntil(beats, barBegin - SAME_TIME);
  return { bar, beat: beat === 0 ? null : beat, section };
}

/** How many of ascending times are not after one. */
function countUntil(times: readonly number[], time: number): number {
  const next = times.findIndex((candidate) => candidate > time);
  return next === -1 ? times.length : next;
}

function nameSections(sections: z.output<typeof STRUCTURE>["sections"]): readonly Section[] {
  const totals = new Map<string, number>();
  for (const { label } of sections) totals.set(label, (totals.get(label) ?? 0) + 1);
  const seen = new Map<string, number>();
  return sections.map(({ start_seconds: from, end_seconds: to, label, confidence }) => {
    const occurrence = (seen.get(label) ?? 0) + 1;
    seen.set(label, occurrence);
    return { from, to, label, confidence, name: totals.get(label) === 1 ? label : `${label}${occurrence}` };
  });
}
