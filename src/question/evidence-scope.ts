/** What a result, and each object in it, is about: track, range of time, names. */
import type { ToolEvidence } from "./claim.ts";
import type { Scope } from "./fact.ts";
import type { Building } from "./fact-index.ts";
import { type Json, numberOrNull, stringOrNull } from "./json-fields.ts";

/** Of a whole result: the range that was asked for. */
export function scopeOfCall({ tool, arguments: given, value }: ToolEvidence): Scope {
  const from = numberOrNull(given.from_seconds);
  const to = numberOrNull(given.to_seconds);
  const fromBar = numberOrNull(given.from_bar);
  const toBar = numberOrNull(given.to_bar);
  const section = typeof given.section === "string" ? given.section : null;
  return {
    tool,
    trackId: stringOrNull(value.track_id) ?? stringOrNull(given.track_id),
    fromSeconds: from,
    toSeconds: to,
    isPart: [from, to, fromBar, toBar, section].some((end) => end !== null),
    fromBar,
    toBar,
    section,
    isCandidate: false,
    longList: null,
    named: "",
  };
}

/** Narrower than that of the object around it where this one has its own track, begin and end. */
export function scopeOfObject(index: Building, object: Json, outer: Scope): Scope {
  const begin = numberOrNull(object.start_seconds) ?? numberOrNull(object.from_seconds);
  const end = numberOrNull(object.end_seconds) ?? numberOrNull(object.to_seconds);
  const trackId = stringOrNull(object.track_id);
  const filename = stringOrNull(object.filename);
  if (trackId !== null) index.trackIds.add(trackId);
  if (trackId !== null && filename !== null) index.trackNames.set(stem(filename), trackId);
  const names = ["name", "profile", "measure", "kind", "label"]
    .map((key) => object[key])
    .filter((name) => typeof name === "string");
  if (begin === null && trackId === null && names.length === 0) return outer;
  const hasRange = begin !== null && end !== null;
  // A part of a series without a range in the call is the whole track.
  const isPart = outer.isPart || (hasRange && object.start_seconds !== undefined);
  return {
    ...outer,
    trackId: trackId ?? outer.trackId,
    fromSeconds: hasRange ? begin : outer.fromSeconds,
    toSeconds: hasRange ? end : outer.toSeconds,
    isPart,
    named: names.length === 0 ? outer.named : `${outer.named} ${names.join(" ")}`,
  };
}

function stem(filename: string): string {
  return filename
    .toLowerCase()
    .replace(/^.*[\\/]/, "")
    .replace(/\.[a-z0-9]{2,5}$/, "");
}
