/** Lists of numbers in results: samples at equal steps, and times. */
import type { Place, Scope } from "./fact.ts";
import { addNumber, type Building, COUNT, countName, inheritedUnit } from "./fact-index.ts";
import { type Json, numberOrNull } from "./json-fields.ts";
import { type FieldUnit, fieldUnit } from "./units.ts";

/** Puts a list of numbers in as a series, with its count or its extremes. */
export function addSeries(
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
