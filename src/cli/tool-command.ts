/** `hark <tool> --field value`: every tool of the catalogue as a command, derived from its schema. */
import { styleText } from "node:util";
import { AppError } from "../errors.ts";
import { newRequestId, withRequestId } from "../telemetry/log.ts";
import { isSchema, type JsonSchema, jsonSchema } from "../tools/json-schema.ts";
import { runTool } from "../tools/run-tool.ts";
import type { CallContext, Tool } from "../tools/tool.ts";
import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { createProgressBar } from "./progress-bar.ts";
import { printable, renderFields } from "./render.ts";
import { renderJobs } from "./render-job.ts";

type FieldType = "string" | "number" | "integer" | "boolean" | "list" | "other";

/**
 * The command of a tool. Fields may be written with dashes; words without an option fill the required fields in order, and a
 * list takes all that are left. An option that is a list may be repeated. Of a tool that takes one recording or several, words are recordings.
 */
export function toolCommand(tool: Tool): Command {
  const schema = jsonSchema(tool.input, "input");
  const types = fieldTypes(schema);
  const isRequired = (field: string) => Array.isArray(schema.required) && schema.required.includes(field);
  const required = Object.keys(types).filter(isRequired);
  const optional = Object.keys(types).filter((field) => !isRequired(field));
  const usage = [
    tool.name,
    ...(takesTracks(types) ? ["TRACK…"] : []),
    ...required.map((field) => `--${field} ${metavar(types[field])}${types[field] === "list" ? "…" : ""}`),
    ...optional.map((field) =>
      types[field] === "boolean" ? `[--[no-]${field}]` : `[--${field} ${metavar(types[field])}]`,
    ),
    "[--json]",
  ].join(" ");
  return {
    name: tool.name,
    usage,
    summary: tool.title,
    async run(args, { services, signal, print }) {
      const options = Object.fromEntries(
        Object.entries(types).map(([field, type]) => [
          field,
          { type: type === "boolean" ? ("boolean" as const) : ("string" as const), multiple: type === "list" },
        ]),
      );
      const words = joinNegatives(args.map((word) => (word.startsWith("--") ? underscored(word) : word)));
      const { json, positive, positionals } = splitFlags(
        parseArguments(words, { ...negated(options), json: { type: "boolean" } }, usage),
      );
      const { input: named, left } = takesTracks(types)
        ? { input: trackFields(positionals), left: undefined }
        : fillFields(positionals, required, types);
      if (left !== undefined)
        throw new AppError("invalid_input", `${tool.name} does not take "${left}". Usage: hark ${usage}`);
      const input = {
        ...named,
        ...Object.fromEntries(
          Object.entries(positive).map(([field, value]) => [field, convert(value, types[field] ?? "string")]),
        ),
      };
      const { value, text } = await withProgress((shown) =>
        withRequestId(newRequestId(), () => runTool(tool, input, { services, signal, ...shown })),
      );
      if (json) {
        print(JSON.stringify(value, null, 2));
        return 0;
      }
      const jobs = tool.toolset === "processing" ? renderJobs(value) : null;
      if (jobs === null || Array.isArray(value.results) || value.folder !== undefined) print(text);
      for (const row of jobs ?? renderFields(value)) print(row);
      return 0;
    },
  };
}

/** Jobs that are named at once; of many, list_jobs tells. */
const MOST_NAMED = 5;

/** Shows on a terminal which jobs a call waits for and how far it is; a share that is not known leaves the bar where it was. */
async function withProgress<Value>(
  call: (shown: Required<Pick<CallContext, "progress" | "onJobs">>) => Promise<Value>,
): Promise<Value> {
  const bar = createProgressBar(process.stderr);
  let shown = false;
  let last = 0;
  try {
    return await call({
      progress(share, message) {
        last = share ?? last;
        bar.show(last, printable(message));
        shown = true;
      },
      onJobs(ids) {
        if (!process.stderr.isTTY || ids.length > MOST_NAMED) return;
        bar.clear();
        for (const id of ids) process.stderr.write(`${styleText("dim", id, { stream: process.stderr })}\n`);
      },
    });
  } finally {
    if (shown) bar.clear();
  }
}

/** Words for the required fields, in order, and the first word that is left over. */
function fillFields(
  words: readonly string[],
  required: readonly string[],
  types: Readonly<Record<string, FieldType>>,
): { input: Record<string, unknown>; left: string | undefined } {
  const rest = [...words];
  const input: Record<string, unknown> = {};
  for (const field of required) {
    if (rest.length === 0) break;
    const type = types[field] ?? "string";
    input[field] = type === "list" ? rest.splice(0) : convert(rest.shift(), type);
  }
  return { input, left: rest[0] };
}

/** Whether recordings are named by either of two fields. */
function takesTracks(types: Readonly<Record<string, FieldType>>): boolean {
  return types.track_id === "string" && types.track_ids === "list";
}

function trackFields(words: readonly string[]): Record<string, unknown> {
  if (words.length === 0) return {};
  return words.length === 1 ? { track_id: words[0] } : { track_ids: words };
}

function fieldTypes({ properties }: JsonSchema): Record<string, FieldType> {
  const fields = isSchema(properties) ? Object.entries(properties) : [];
  return Object.fromEntries(fields.map(([field, schema]) => [field, fieldType(schema)]));
}

function fieldType(schema: unknown): FieldType {
  const type = isSchema(schema) ? schema.type : undefined;
  if (isSchema(schema) && type === "array")
    return isSchema(schema.items) && schema.items.type === "string" ? "list" : "other";
  return type === "string" || type === "number" || type === "integer" || type === "boolean" ? type : "other";
}

function metavar(type: FieldType | undefined): string {
  return type === "number" || type === "integer" ? "NUMBER" : "TEXT";
}

function underscored(word: string): string {
  const [name = "", ...rest] = word.slice(2).split("=");
  const field = name.startsWith("no-") ? `no-${name.slice(3).replaceAll("-", "_")}` : name.replaceAll("-", "_");
  return `--${[field, ...rest].join("=")}`;
}

/** `--min_lufs -16` as `--min_lufs=-16`: the parser takes a word that begins with a dash for an option. */
function joinNegatives(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const before = joined.at(-1) ?? "";
    if (/^-\.?\d/.test(word) && /^--[^=]+$/.test(before)) joined[joined.length - 1] = `${before}=${word}`;
    else joined.push(word);
  }
  return joined;
}

type Options = Record<string, { type: "boolean" | "string"; multiple?: boolean }>;

/** Booleans can be switched off as `--no-field`. */
function negated(options: Options): Options {
  const negations = Object.entries(options)
    .filter(([, option]) => option.type === "boolean")
    .map(([field, option]) => [`no-${field}`, option]);
  return { ...options, ...Object.fromEntries(negations) };
}

function splitFlags({ values, positionals }: ReturnType<typeof parseArguments>) {
  const { json, ...flags } = values;
  const positive = Object.fromEntries(
    Object.entries(flags).map(([field, value]) => (field.startsWith("no-") ? [field.slice(3), false] : [field, value])),
  );
  return { json: json === true, positive, positionals };
}

/** A word as the field's type; what does not fit is left as it is, and the schema says what was expected. */
function convert(value: unknown, type: FieldType): unknown {
  if (typeof value !== "string") return value;
  if (type === "number" || type === "integer")
    return value.trim() === "" || Number.isNaN(Number(value)) ? value : Number(value);
  if (type !== "other") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
