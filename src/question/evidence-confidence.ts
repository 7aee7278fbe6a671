/** Which confidence a result gives for which of its fields. */

import { type Json, numberOrNull } from "./json-fields.ts";

/** Fields that share a confidence under another name. */
const SHARED: Readonly<Record<string, string>> = { camelot: "key", beats_per_bar: "meter" };

/**
 * The confidence that stands beside a field: `<name>_confidence` for the fields whose names begin so; else the next `confidence`
 * after the field, which is how results list an estimate and then how sure it is; else a candidate's `weight`. Null where
 * there is none.
 */
export function confidenceOf(object: Json, field: string): number | null {
  const { weight } = object;
  if (field === "confidence" || field === "weight" || field.endsWith("_confidence")) return null;
  const name = SHARED[field] ?? field;
  let isAfter = false;
  let next: unknown = null;
  for (const key in object) {
    if (key === field) isAfter = true;
    else if (key === "confidence") {
      if (isAfter && next === null) next = object[key];
    } else if (key.endsWith("_confidence")) {
      const subject = key.slice(0, -"_confidence".length);
      if (name === subject || name.startsWith(`${subject}_`)) return numberOrNull(object[key]);
      // What comes after another estimate's confidence is not this field's.
      if (isAfter && next === null) next = undefined;
    }
  }
  return numberOrNull(next) ?? numberOrNull(weight);
}
