/** Tool results → facts: every number with a unit by its field's name, keys, chords, meters and section labels. */
import type { ToolEvidence } from "./claim.ts";
import { confidenceOf } from "./evidence-confidence.ts";
import type { LabelFact, NumberFact, Place, Scope, SeriesFact } from "./fact.ts";
import { findNumbers } from "./find-numbers.ts";
import { keyOfCamelot, readChord, readKey } from "./pitch-names.ts";
import { type Dimension, type FieldUnit, fieldUnit, writtenUnit } from "./units.ts";

type Json = Readonly<Record<string, unknown>>;

/** Entries from which on a list's facts must be named by a claim. */
const LONG_LIST = 12;
/** Tags and file names are whatever somebody wrote into the file: they prove nothing. */
const IGNORED = new Set(["tags", "provenance", "descriptor", "descriptor_version", "chroma", "mfcc", "next_cursor"]);
/** Words of the tools themselves, which hold numbers. */
const PROSE = new Set(["detail", "reason", "text"]);
const DIFFERENCES = /^(?:difference|gain_db|stretch_percent|varispeed_semitones|semitones|.*fold_down_db)$/;

const UNITLESS: FieldUnit = { dimension: "ratio", factor: 1 };
const COUNT: FieldUnit = { dimension: "count", factor: 1 };

export interface EvidenceIndex {
  /** Those of no long list. */
  readonly numbers: ReadonlyMap<Dimension, readonly NumberFact[]>;
  /** Those of long lists, by the list's name. */
  readonly listed: ReadonlyMap<string, ReadonlyMap<Dimension, readonly NumberFact[]>>;
  readonly labels: readonly LabelFact[];
  readonly series: readonly SeriesFact[];
  /** Ids of the tracks that the results are about. */
  readonly trackIds: ReadonlySet<string>;
  /** Lower-case file names without their endings → ids. */
  readonly trackNames: ReadonlyMap<string, string>;
}

interface Building {
  readonly numbers: Map<Dimension, NumberFact[]>;
  readonly listed: Map<string, Map<Dimension, NumberFact[]>>;
  readonly labels: LabelFact[];
  readonly series: SeriesFact[];
  readonly trackIds: Set<string>;
  readonly trackNames: Map<string, string>;
  /** What was read from fields' names: the same ones come thousands of times. */
  readonly units: Map<string, FieldUnit | null>;
  readonly differences: Map<string, boolean>;
}

/** Reads all results once. */
export function indexEvidence(evidence: readonly ToolEvidence[]): EvidenceIndex {
  const index: Building = {
    numbers: new Map(),
    listed: new Map(),
    labels: [],
    series: [],
    trackIds: new Set(),
    trackNames: new Map(),
    units: new Map(),
    differences: new Map(),
  };
  for (const call of evidence) {
    const scope = scopeOfCall(call);
    addArguments(index, call, scope);
    walkObject(index, call.value, null, scope, "");
  }
  return index;
}

function scopeOfCall({ tool, arguments: given, value }: ToolEvidence): Scope {
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

/** The range that a tool accepted: bars and seconds that an answer speaks of. */
function addArguments(index: Building, { arguments: given }: ToolEvidence, scope: Scope): void {
  if (scope.trackId !== null) index.trackIds.add(scope.trackId);
  for (const name of ["from_bar", "to_bar", "from_seconds", "to_seconds"]) {
    const value = given[name];
    if (typeof value === "number")
      addNumber(index, value, { parent: null, key: name }, scope, name, fieldUnit(name), null);
  }
  if (scope.section !== null) {
    const place = { parent: null, key: "section" };
    index.labels.push({ scope, place, kind: "section", value: scope.section, raw: scope.section, confidence: null });
  }
}

function walkObject(index: Building, object: Json, place: Place | null, outer: Scope, parentName: string): void {
  const scope = scopeOfObject(index, object, outer);
  for (const key in object) {
    if (IGNORED.has(key)) continue;
    const value = object[key];
    const here: Place = { parent: place, key };
    if (typeof value === "number") addField(index, object, key, value, here, scope, parentName);
    else if (typeof value === "string") addString(index, object, key, value, here, scope, parentName);
    else if (Array.isArray(value)) walkArray(index, object, key, value, here, scope, parentName);
    else if (isJson(value)) {
      addKeyOfTonic(index, value, here, scope, confidenceOf(object, key));
      const keepsUnit = fieldUnit(key) === null && fieldUnit(parentName) !== null;
      walkObject(index, value, here, { ...scope, named: `${scope.named} ${key}` }, keepsUnit ? parentName : key);
    }
  }
  addDuration(index, object, place, scope);
}

function addField(
  index: Building,
  object: Json,
  key: string,
  value: number,
  place: Place,
  scope: Scope,
  parentName: string,
): void {
  const confidence = () => confidenceOf(object, key);
  const { measure, unit } = object;
  if (typeof measure === "string" && (key === "value" || key === "reference")) {
    // Of the first track, which is named elsewhere.
    const owner = key === "reference" ? { ...scope, trackId: null } : scope;
    addNumber(index, value, place, owner, measure, fieldUnit(measure), confidence);
  } else if (typeof unit === "string" && key === "difference")
    addNumber(index, value, place, scope, key, writtenUnit(unit), confidence);
  else if (key === "count") addNumber(index, value, place, scope, countName(parentName), COUNT, confidence);
  else {
    const own = unitOf(index, key);
    const name = own === null && parentName !== "" ? `${parentName}.${key}` : key;
    addNumber(index, value, place, scope, name, own ?? inheritedUnit(parentName, key), confidence);
  }
}

/** "beat_times_seconds" and "chords" → "beat_count" and "chords_count". */
function countName(list: string): string {
  return `${list.replace(/_times_seconds$/, "")}_count`;
}

/** Narrower than that of the object around it where this one has its own track, begin and end. */
function scopeOfObject(index: Building, object: Json, outer: Scope): Scope {
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

/** "centroid_hz": { "mean": … } has the unit in the name above; shares are of 1. */
function inheritedUnit(parentName: string, key: string): FieldUnit | null {
  if (parentName === "shares") return { dimension: "ratio", factor: 1 };
  return key === "null_values" || key === "count" || parentName === "" ? null : fieldUnit(parentName);
}

function addNumber(
  index: Building,
  raw: number,
  place: Place,
  scope: Scope,
  name: string,
  unit: FieldUnit | null,
  confidence: (() => number | null) | null,
): void {
  if (!Number.isFinite(raw) || name === "hop_seconds") return;
  const { dimension, factor } = unit ?? UNITLESS;
  // A number without a unit can be a share that an answer gives in percent; beyond 1 it can be nothing.
  if (unit === null && (raw < 0 || raw > 1)) return;
  const isDifference = isDifferenceName(index, name);
  const amount = raw * factor;
  const fact = { scope, place, name, dimension, amount, raw, confidence: confidence?.() ?? null, isDifference };
  keep(index, fact);
}

function unitOf({ units }: Building, name: string): FieldUnit | null {
  const known = units.get(name);
  if (known !== undefined) return known;
  const unit = fieldUnit(name);
  units.set(name, unit);
  return unit;
}

function isDifferenceName({ differences }: Building, name: string): boolean {
  const known = differences.get(name) ?? DIFFERENCES.test(name);
  differences.set(name, known);
  return known;
}

function keep(index: Building, fact: NumberFact): void {
  const numbers = fact.scope.longList === null ? index.numbers : listOf(index, fact.scope.longList);
  const facts = numbers.get(fact.dimension);
  if (facts === undefined) numbers.set(fact.dimension, [fact]);
  else facts.push(fact);
}

function listOf({ listed }: Building, name: string): Map<Dimension, NumberFact[]> {
  const found = listed.get(name) ?? new Map<Dimension, NumberFact[]>();
  listed.set(name, found);
  return found;
}

function addString(
  index: Building,
  object: Json,
  key: string,
  raw: string,
  place: Place,
  scope: Scope,
  list: string,
): void {
  const add = (kind: LabelFact["kind"], value: string | null) => {
    if (value !== null) index.labels.push({ scope, place, kind, value, raw, confidence: confidenceOf(object, key) });
  };
  if (key === "key") add("key", readKey(raw));
  else if (key === "camelot") add("key", keyOfCamelot(raw));
  else if (key === "form") add("form", /^[A-Z]+$/.test(raw) ? raw : null);
  else if (key === "section") add("section", raw);
  else if (key === "label") {
    if (raw.includes(":") || list === "chords") add("chord", readChord(raw));
    else add("section", /^[A-Z]\d*$/.test(raw) ? raw : null);
  } else if (PROSE.has(key)) addProse(index, raw, place, scope, key);
}

/** Numbers in what tools say in words: "-23.5 to -22.5 LUFS asked for". */
function addProse(index: Building, text: string, place: Place, scope: Scope, name: string): void {
  for (const { dimension, amount, value } of findNumbers(text, false)) {
    if (typeof value !== "number") continue;
    const fact = { scope, place, name, dimension, amount, raw: value, confidence: null, isDifference: true };
    keep(index, fact);
  }
}

function walkArray(
  index: Building,
  object: Json,
  key: string,
  values: readonly unknown[],
  place: Place,
  scope: Scope,
  parentName: string,
): void {
  if (values.length > 0 && (typeof values[0] === "number" || (values[0] === null && !values.some(isJson)))) {
    addSeries(index, object, key, values, place, scope, parentName);
    return;
  }
  // A thinned list has its count beside it.
  if (object.omitted === undefined && object.next_cursor === undefined) {
    addNumber(index, values.length, place, scope, countName(key), COUNT, null);
  }
  const inner = {
    ...scope,
    named: `${scope.named} ${key}`,
    longList: values.length > LONG_LIST ? key : scope.longList,
    isCandidate: scope.isCandidate || /candidates$|changes$/.test(key),
  };
  values.forEach((value, position) => {
    if (!isJson(value)) return;
    const here: Place = { parent: place, key: position };
    addKeyOfTonic(index, value, here, inner, confidenceOf(value, "tonic"));
    walkObject(index, value, here, inner, key);
  });
}

function addSeries(
  index: Building,
  object: Json,
  key: string,
  values: readonly unknown[],
  place: Place,
  scope: Scope,
  parentName: string,
): void {
  const isTimes = key.endsWith("_seconds");
  const unit = fieldUnit(key) ?? inheritedUnit(parentName, key);
  if (unit === null) return;
  const hopSeconds = isTimes ? null : numberOrNull(object.hop_seconds);
  const startSeconds = numberOrNull(object.start_seconds) ?? 0;
  const name = parentName === "" || key.includes("_") ? key : `${parentName}.${key}`;
  const { dimension, factor } = unit;
  index.series.push({ scope, place, name, dimension, factor, values, startSeconds, hopSeconds });
  if (isTimes && object.omitted === undefined)
    addNumber(index, values.length, place, scope, countName(key), COUNT, null);
  if (!isTimes && object.statistics === undefined) addExtremes(index, values, place, scope, name, unit);
}

/** The greatest and the smallest value of a series, which answers name. */
function addExtremes(
  index: Building,
  values: readonly unknown[],
  place: Place,
  scope: Scope,
  name: string,
  unit: FieldUnit,
) {
  let [least, greatest] = [-1, -1];
  for (let n = 0; n < values.length; n++) {
    const value = values[n];
    if (typeof value !== "number") continue;
    if (least < 0 || value < Number(values[least])) least = n;
    if (greatest < 0 || value > Number(values[greatest])) greatest = n;
  }
  if (least < 0) return;
  const part = { ...scope, isPart: true };
  addNumber(index, Number(values[least]), { parent: place, key: least }, part, `${name}.min`, unit, null);
  addNumber(index, Number(values[greatest]), { parent: place, key: greatest }, part, `${name}.max`, unit, null);
}

/** How long an entry with begin and end lasts. */
function addDuration(index: Building, object: Json, place: Place | null, scope: Scope): void {
  const { start_seconds: start, end_seconds: end } = object;
  if (place === null || typeof start !== "number" || typeof end !== "number") return;
  addNumber(index, end - start, place, scope, "duration_seconds", { dimension: "seconds", factor: 1 }, null);
}

/** { "tonic": "C", "mode": "major" }. */
function addKeyOfTonic(index: Building, object: Json, place: Place, scope: Scope, confidence: number | null): void {
  const { tonic, mode } = object;
  if (typeof tonic !== "string" || typeof mode !== "string") return;
  const value = readKey(`${tonic} ${mode}`);
  if (value !== null) index.labels.push({ scope, place, kind: "key", value, raw: `${tonic} ${mode}`, confidence });
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function stringOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
