/** The part of an analysis's key that its parameters make. A file of its own, since its readers need no database. */
import { createHash } from "node:crypto";

type Json = Readonly<Record<string, unknown>>;

/** A hash of parameters that is the same in every order of their keys; keys with undefined count as absent. */
export function parametersHash(parameters: Json): string {
  return createHash("sha256").update(JSON.stringify(parameters, sortKeys)).digest("hex");
}

/** A JSON replacer that gives every object its keys in order. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
