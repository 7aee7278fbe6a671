/** Searches the library by what was measured. Nothing is measured but the track that others shall be similar to. */
import { z } from "zod";
import { camelot, keyText } from "../agents/key-names.ts";
import { round } from "../agents/rounding.ts";
import { compatibleKeys, keyNumber, matchKeys } from "../comparison/key-relation.ts";
import { AppError } from "../errors.ts";
import type { FoundTrack, Range, SearchOrder, SearchResult, SearchTracks } from "../storage/track-search.ts";
import { type CallContext, defineTool, READ_ONLY } from "./tool.ts";
import { TRACK_REFERENCE } from "./track-reference.ts";

const ORDERS = ["newest", "similarity", "tempo", "loudness", "duration"] as const satisfies readonly SearchOrder[];

const limit = z.number().optional();
const level = z.number().nullable();

const INPUT = z.strictObject({
  query: z.string().max(200).describe("In name or tags").optional(),
  min_tempo_bpm: limit,
  max_tempo_bpm: limit,
  tempo_octaves: z.boolean().default(true).describe("With both limits: half or double too"),
  key: z.string().max(20).describe("A minor, 8A").optional(),
  compatible_keys: z.boolean().default(false),
  min_lufs: limit,
  max_lufs: limit,
  min_duration_seconds: limit,
  max_duration_seconds: limit,
  similar_to: TRACK_REFERENCE.optional(),
  sort: z.enum(ORDERS).optional(),
  limit: z.int().min(1).max(50).default(20),
  cursor: z.string().max(9).optional(),
});

type Input = z.output<typeof INPUT>;

const FOUND = z.object({
  track_id: z.string(),
  filename: z.string(),
  duration_seconds: level,
  tempo_bpm: level,
  tempo_confidence: level,
  tempo_match: z.enum(["same", "half", "double"]).nullable().describe("half: this is half of a tempo asked for"),
  key: z.string().nullable(),
  camelot: z.string().nullable(),
  key_confidence: level,
  key_match: z.string().nullable().describe("Relation to the key asked for"),
  integrated_lufs: level,
  distance: level.describe("Of timbre: 0 equal, about 1.4 nothing in common"),
});

export const findTracks = defineTool({
  name: "find_tracks",
  title: "Find tracks",
  description:
    "Searches the library's stored analyses by words, tempo, key, loudness, duration and similar timbre. Says how many tracks are not measured yet.",
  toolset: "library",
  input: INPUT,
  output: z.object({
    tracks: z.array(FOUND).describe("null: not measured, or nothing asked for"),
    total: z.int(),
    next_cursor: z.string().nullable(),
    not_measured: z
      .array(z.object({ agent: z.string(), tracks: z.int(), remedy: z.string() }))
      .describe("Tracks that this search cannot see"),
  }),
  annotations: READ_ONLY,

  async run(input, call) {
    const search = await searchOf(input, call);
    const found = await call.services.library.search(search);
    const key = input.key === undefined ? null : keyOf(input.key);
    const tracks = found.items.map((track) => foundOnWire(track, search, key));
    const next = search.offset + tracks.length;
    const nextCursor = tracks.length > 0 && next < found.total ? String(next) : null;
    const missing = notMeasured(found);
    const more = nextCursor === null ? "" : "; more with next_cursor";
    const unseen = missing.map(
      ({ agent, tracks: count }) => `; ${count} without ${agent} ${count === 1 ? "was" : "were"} not searched`,
    );
    return {
      value: { tracks, total: found.total, next_cursor: nextCursor, not_measured: missing },
      text: `${tracks.length} of ${found.total} tracks that match${more}${unseen.join("")}`,
    };
  },
});

/** @throws AppError invalid_input for what cannot be searched by; whatever measuring the similar track throws. */
async function searchOf(input: Input, call: CallContext): Promise<SearchTracks> {
  const similarTo = input.similar_to === undefined ? undefined : await similarTrack(input.similar_to, call);
  const order = input.sort ?? (similarTo === undefined ? "newest" : "similarity");
  if (order === "similarity" && similarTo === undefined)
    throw new AppError("invalid_input", "sort is similarity, but to what? Name a track in similar_to.");
  const versionOf = (name: string) => call.services.agents.find((agent) => agent.name === name)?.version;
  return {
    versions: {
      rhythm: versionOf("rhythm"),
      tonal: versionOf("tonal"),
      loudness: versionOf("loudness"),
      timbre: versionOf("timbre"),
    },
    query: input.query,
    tempoBpm: range("tempo_bpm", input.min_tempo_bpm, input.max_tempo_bpm),
    tempoOctaves: input.tempo_octaves,
    keys: keyNames(input),
    integratedLufs: range("lufs", input.min_lufs, input.max_lufs),
    durationSeconds: range("duration_seconds", input.min_duration_seconds, input.max_duration_seconds),
    similarTo,
    order,
    limit: input.limit,
    offset: offsetOf(input.cursor),
  };
}

function offsetOf(cursor = "0"): number {
  if (/^\d+$/.test(cursor)) return Number(cursor);
  throw new AppError(
    "invalid_input",
    "The cursor is not one that find_tracks gave. Pass next_cursor as it was, or none.",
  );
}

/** The one track that a search may measure: its caller named it. */
async function similarTrack(reference: string, { services, signal, progress }: CallContext) {
  const agent = services.agents.find(({ name }) => name === "timbre");
  if (agent === undefined)
    throw new AppError("unavailable", "There is no timbre analysis to search by similarity with.");
  const track = await services.library.resolve(reference, signal);
  const { result } = await services.provider.analyse({ track, agent, parameters: {} }, { signal, progress });
  const descriptor = z.array(z.number()).nullable().parse(result.descriptor);
  if (descriptor !== null) return { trackId: track.id, descriptor };
  throw new AppError(
    "invalid_input",
    `Nothing can be similar to ${track.filename}: ${result.why_null ?? "it has no timbre."} Name another track.`,
  );
}

function range(name: string, min: number | undefined, max: number | undefined): Range | undefined {
  if (min === undefined && max === undefined) return undefined;
  if (min === undefined || max === undefined || min <= max) return { min, max };
  throw new AppError("invalid_input", `min_${name} is ${min} and max_${name} is ${max}; swap them.`);
}

function keyNames({ key, compatible_keys: compatible }: Input): string[] | undefined {
  if (key === undefined) {
    if (!compatible) return undefined;
    throw new AppError("invalid_input", "compatible_keys was asked for, but compatible to what? Name a key.");
  }
  const number = keyOf(key);
  return (compatible ? compatibleKeys(number) : [number]).map(keyText);
}

function keyOf(key: string): number {
  const number = keyNumber(key);
  if (number !== null) return number;
  throw new AppError(
    "invalid_input",
    `"${key}" is no key. Expected a name such as A minor or F#, or a Camelot code: 8A.`,
  );
}

function foundOnWire(track: FoundTrack, search: SearchTracks, key: number | null): z.output<typeof FOUND> {
  const number = track.key === null ? null : keyNumber(track.key);
  return {
    track_id: track.id,
    filename: track.filename,
    duration_seconds: track.durationSeconds,
    tempo_bpm: track.tempoBpm,
    tempo_confidence: track.tempoConfidence,
    tempo_match: tempoMatch(track.tempoBpm, search.tempoBpm),
    key: track.key,
    camelot: number === null ? null : camelot(number),
    key_confidence: track.keyConfidence,
    key_match: key === null || number === null ? null : matchKeys(key, number).relation,
    integrated_lufs: track.integratedLufs,
    distance: track.distance === null ? null : round(track.distance, 3),
  };
}

/** Which of a tempo, its double and its half is in the range; the tempo is then the same, half or double of one in it. */
function tempoMatch(tempoBpm: number | null, asked: Range | undefined): "same" | "half" | "double" | null {
  if (tempoBpm === null || asked === undefined) return null;
  const { min = 0, max = Number.POSITIVE_INFINITY } = asked;
  const isInside = (bpm: number) => bpm >= min && bpm <= max;
  if (isInside(tempoBpm)) return "same";
  return isInside(tempoBpm * 2) ? "half" : "double";
}

function notMeasured({ librarySize, measured }: SearchResult): { agent: string; tracks: number; remedy: string }[] {
  return Object.entries(measured).flatMap(([agent, count]) => {
    const remedy = `Run analyse_${agent} on them; list_tracks with status pending names those never measured.`;
    return count < librarySize ? [{ agent, tracks: librarySize - count, remedy }] : [];
  });
}
