/** The column type of JSON. It is json, not jsonb, which would forget the order of fields. Postgres refuses NUL and lone surrogates, which tags and file names may hold. */
import { customType } from "drizzle-orm/pg-core";

const REFUSED_ESCAPE = /\\u(?:0000|d[89a-f])/i;

/** A JSON column of a known shape. Text that Postgres cannot hold is cleaned on its way in, in keys too. */
export function storedJson<Value>(name: string) {
  return customType<{ data: Value; driverData: unknown }>({
    dataType: () => "json",
    toDriver: (value) => {
      const json = JSON.stringify(value);
      return REFUSED_ESCAPE.test(json) ? JSON.stringify(cleanJson(JSON.parse(json))) : json;
    },
    // The driver has parsed it; only this module writes these columns.
    fromDriver: (value) => value as Value,
  })(name);
}

/** Text that Postgres accepts: without NUL, and with U+FFFD for lone surrogates. */
export function storableText(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

function cleanJson(value: unknown): unknown {
  if (typeof value === "string") return storableText(value);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [storableText(key), cleanJson(item)]));
}
