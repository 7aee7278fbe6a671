/** A manifest: which files there are and what is true of them. docs/evaluation.md describes it. */
import { open } from "node:fs/promises";
import { z } from "zod";
import { AppError } from "../errors.ts";
import { isChordLabel } from "./metrics/chord-label.ts";

const MAX_BYTES = 256 * 1024 * 1024;
/** A message names this many problems; the rest is counted. */
const MAX_PROBLEMS = 5;

const seconds = z.number().nonnegative();
const times = z.array(seconds).refine(isAscending, "expected ascending seconds");
const interval = z
  .tuple([seconds, seconds])
  .refine(([start, end]) => end > start, "expected [start, end] in seconds, the end later");
const chord = z
  .object({
    start: seconds,
    end: seconds,
    label: z.string().refine(isChordLabel, "expected N, X or a chord in Harte syntax, such as C:maj or A:min7"),
  })
  .refine(({ start, end }) => end > start, "expected an end later than the start");
const section = z.object({ start: seconds, end: seconds.nullish(), label: z.string().nullish() });
const levels = z.object({
  integrated: z.number().nullish(),
  lra: z.number().nonnegative().nullish(),
  true_peak: z.number().nullish(),
  momentary_max: z.number().nullish(),
  short_term_max: z.number().nullish(),
});

/** Unknown fields are left alone; a field that is missing or null says nothing. */
const item = z.object({
  file: z.string().min(1).max(4096),
  kind: z.string().nullish(),
  duration: z.number().positive().nullish(),
  bpm: z.number().positive().nullish(),
  bpm_alternatives: z.array(z.number().positive()).nullish(),
  meter: z.number().int().positive().nullish(),
  beats: times.nullish(),
  downbeats: times.nullish(),
  onsets: times.nullish(),
  doubts: z.array(z.string()).nullish(),
  key: z.string().nullish(),
  chords: z.array(chord).refine(doNotOverlap, "expected chords in order, none before the end of another").nullish(),
  sections: z
    .array(section)
    .refine((sections) => isAscending(sections.map(({ start }) => start)), "expected sections in order")
    .nullish(),
  f0: z
    .array(z.tuple([seconds, z.number().nonnegative()]))
    .refine((frames) => isAscending(frames.map(([time]) => time)), "expected [seconds, Hz] in ascending order")
    .nullish(),
  expected: levels.nullish(),
  tolerance: z.union([z.number().nonnegative(), z.tuple([z.number().max(0), z.number().nonnegative()])]).nullish(),
  silences: z.array(interval).nullish(),
  clipping: z.boolean().nullish(),
});

const manifest = z.object({
  dataset: z.string().nullish(),
  items: z.array(item).min(1, "expected at least one item"),
});

/** One recording and what is true of it. */
export type ManifestItem = z.output<typeof item>;

export type Manifest = z.output<typeof manifest>;

/** @throws AppError invalid_input when the file cannot be read, or is no manifest: which item, which field, what was expected. */
export async function readManifest(path: string): Promise<Manifest> {
  return parseManifest(await readText(path));
}

/** @throws AppError invalid_input for text that is no manifest. */
export function parseManifest(text: string): Manifest {
  const value = parseJson(text);
  const parsed = manifest.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${placeOf(value, issue.path)}: ${issue.message}`);
  const more = problems.length > MAX_PROBLEMS ? `; and ${problems.length - MAX_PROBLEMS} more` : "";
  throw new AppError(
    "invalid_input",
    `The manifest is wrong. ${problems.slice(0, MAX_PROBLEMS).join("; ")}${more}. docs/evaluation.md describes every field.`,
  );
}

async function readText(path: string): Promise<string> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    if (size <= MAX_BYTES) return await file.readFile("utf8");
  } catch (cause) {
    throw new AppError("invalid_input", "The manifest cannot be read. Name a JSON file that exists and may be read.", {
      cause,
    });
  }
  throw new AppError("invalid_input", `The manifest is larger than ${MAX_BYTES / 1024 / 1024} MB. Split it.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new AppError("invalid_input", "The manifest is not JSON. Expected an object with a list `items`.", { cause });
  }
}

/** `item 3 (a.wav), beats.4`: items are counted from 1. */
function placeOf(value: unknown, path: readonly PropertyKey[]): string {
  const [list, index, ...field] = path;
  if (list !== "items" || typeof index !== "number") return path.map(String).join(".") || "the manifest";
  const file = fileOf(value, index);
  const place = field.length === 0 ? "" : `, ${field.map(String).join(".")}`;
  return `item ${index + 1}${file === null ? "" : ` (${file})`}${place}`;
}

function fileOf(value: unknown, index: number): string | null {
  const named = z.object({ items: z.array(z.unknown()) }).safeParse(value);
  const entry = z.object({ file: z.string() }).safeParse(named.data?.items[index]);
  return entry.success ? entry.data.file.slice(0, 80) : null;
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value >= values[index - 1]);
}

function doNotOverlap(chords: readonly { readonly start: number; readonly end: number }[]): boolean {
  return chords.every(({ start }, index) => index === 0 || start >= chords[index - 1].end - 1e-6);
}
