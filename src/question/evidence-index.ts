/** Tool results → facts: every number with a unit by its field's name, keys, chords, meters and section labels. */
import type { ToolEvidence } from "./claim.ts";
import { confidenceOf } from "./evidence-confidence.ts";
import { scopeOfCall, scopeOfObject } from "./evidence-scope.ts";
import { addSeries } from "./evidence-series.ts";
import type { LabelFact, Place, Scope } from "./fact.ts";
import {
  addNumber,
  type Building,
  COUNT,
  countName,
  type EvidenceIndex,
  emptyIndex,
  inheritedUnit,
  keep,
  unitOf,
} from "./fact-index.ts";
import { findNumbers } from "./find-numbers.ts";
import { isJson, type Json } from "./json-fields.ts";
import { keyOfCamelot, readChord, readKey } from "./pitch-names.ts";
import { fieldUnit, writtenUnit } from "./units.ts";

/** Entries from which on a list's facts must be named by a claim. */
const LONG_LIST = 12;
/** Tags and file names are whatever somebody wrote into the file: they prove nothing. */
const IGNORED = new Set(["tags", "provenance", "descriptor", "descriptor_version", "chroma", "mfcc", "next_cursor"]);
/** Words of the tools themselves, which hold numbers. */
const PROSE = new Set(["detail", "reason", "text"]);

/** Reads all results once. */
export function indexEvidence(evidence: readonly ToolEvidence[]): EvidenceIndex {
  const index = emptyIndex();
  for (const call of evidence) {
    const scope = scopeOfCall(call);
    addArguments(index, call, scope);
    walkObject(index, call.value, null, scope, "");
  }
  return index;
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
