/** Compares recordings: what differs, in plain units, and whether they can be mixed. */
import { z } from "zod";
import { camelot } from "../agents/key-names.ts";
import { compareResults, type Results } from "../comparison/differences.ts";
import { keyNumber } from "../comparison/key-relation.ts";
import { MEASURES } from "../comparison/measures.ts";
import { type Mixable, mixKeys, mixTempi } from "../comparison/mix.ts";
import { AppError, toAppError } from "../errors.ts";
import type { Track } from "../storage/track-repository.ts";
import { type CallContext, defineTool, READ_ONLY } from "./tool.ts";
import { TRACK_REFERENCE } from "./track-reference.ts";

/** Leaves room for the rest of an answer, which may have 20,000 characters. */
const MAX_CHARACTERS = 19_500;
/** Where an answer is too long: fewer differences, the smallest left out, and then shorter names and reasons. */
const SHORTENINGS = [
  ...[20, 15, 10, 8, 6, 4, 3].map((differences) => ({ differences, characters: 300 })),
  { differences: 3, characters: 80 },
  { differences: 1, characters: 40 },
  { differences: 0, characters: 20 },
] as const;
/** Differences that the text names. */
const NAMED = 3;
const AGENTS = [...new Set(MEASURES.map(({ agent }) => agent))];

const level = z.number().nullable();

const TRACK = z.object({
  track_id: z.string(),
  filename: z.string(),
  tempo_bpm: level,
  tempo_confidence: z.number(),
  key: z.string().nullable(),
  camelot: z.string().nullable(),
  key_confidence: z.number(),
  why_uncertain: z.array(z.string()).describe("Of tempo and key"),
});

const COMPARISON = z.object({
  track_id: z.string().describe("Compared with the first track"),
  differences: z
    .array(
      z.object({
        measure: z.string(),
        value: z.number(),
        reference: z.number().describe("The first track's"),
        difference: z.number().describe("A band below -60 dB counts as -60 dB"),
        unit: z.string(),
        steps: z.number().describe("Size for ranking; 1 is about what is just noticed"),
        text: z.string(),
      }),
    )
    .describe("Greatest first, equal measures left out"),
  smaller_differences: z.int().describe("How many more were left out"),
  not_compared: z.array(z.object({ measure: z.string(), reason: z.string() })),
  tempo: z
    .object({
      relation: z.string().describe("same, half or double"),
      stretch_percent: z.number().describe("Change of this track's speed to run with the first"),
      varispeed_semitones: z.number().describe("How its pitch moves if pitch is not kept"),
      confidence: z.number().describe("Chance that both tempi are right"),
      text: z.string(),
    })
    .nullable()
    .describe("null: see not_compared"),
  key: z
    .object({
      relation: z
        .string()
        .describe("same, relative, neighbour, diagonal, energy_boost or distant on the Camelot wheel"),
      compatible: z.boolean(),
      wheel_steps: z.int(),
      semitones: z.int().describe("Smallest shift of this track that makes it compatible"),
      confidence: z.number().describe("Chance that both keys are right"),
      text: z.string(),
    })
    .nullable()
    .describe("null: see not_compared"),
});

type Answer = Readonly<{ tracks: z.output<typeof TRACK>[]; comparisons: z.output<typeof COMPARISON>[] }>;

interface Measured {
  readonly track: Track;
  readonly results: Results;
  readonly mixable: Mixable;
}

export const compareTracks = defineTool({
  name: "compare_tracks",
  title: "Compare tracks",
  description:
    "Compares tracks with the first one: ranked differences in level, dynamics, tempo, tuning, brightness, bands and width, and whether tempo and key mix (stretch, Camelot relation, semitones).",
  toolset: "analysis",
  input: z.strictObject({ track_ids: z.array(TRACK_REFERENCE).min(2).max(10) }),
  output: z.object({ tracks: z.array(TRACK), comparisons: z.array(COMPARISON) }),
  annotations: READ_ONLY,

  async run({ track_ids }, call) {
    const named = await resolveAll(track_ids, call);
    const measured: Measured[] = [];
    for (const track of named) measured.push(await measure(track, call));
    const [first, ...others] = measured;
    if (first === undefined) throw new AppError("invalid_input", "Name at least two tracks.");
    const tracks = measured.map(trackOnWire);
    const value = fitting({ tracks, comparisons: others.map((other) => compare(first, other)) });
    return {
      value,
      text: value.comparisons.map((comparison, index) => describe(comparison, first, others[index]?.track)).join("\n"),
    };
  },
});

async function resolveAll(references: readonly string[], { services, signal }: CallContext): Promise<Track[]> {
  const tracks: Track[] = [];
  for (const reference of references) {
    const track = await services.library.resolve(reference, signal);
    if (tracks.some(({ id }) => id === track.id)) {
      throw new AppError("invalid_input", `${track.filename} was named twice (the same bytes are the same track).`);
    }
    tracks.push(track);
  }
  return tracks;
}

/** The results that comparing reads; what is missing is measured in one pass. @throws AppError that names the file. */
async function measure(track: Track, { services, signal, progress }: CallContext): Promise<Measured> {
  const agents = services.agents.filter(({ name }) => AGENTS.includes(name));
  try {
    const analyses = await Promise.all(
      agents.map((agent) => services.provider.analyse({ track, agent, parameters: {} }, { signal, progress })),
    );
    const results = Object.fromEntries(agents.map(({ name }, index) => [name, analyses[index]?.result ?? {}]));
    return { track, results, mixable: mixableOf(results) };
  } catch (error) {
    const { kind, message } = toAppError(error);
    throw new AppError(kind, `${track.filename}: ${message}`, { cause: error });
  }
}

const KEY = z.object({ tonic: z.string(), mode: z.string() }).transform(({ tonic, mode }) => `${tonic} ${mode}`);

function mixableOf({ rhythm = {}, tonal = {} }: Results): Mixable {
  return {
    tempoBpm: typeof rhythm.tempo_bpm === "number" ? rhythm.tempo_bpm : null,
    tempoConfidence: typeof rhythm.confidence === "number" ? rhythm.confidence : 0,
    key: KEY.nullable().catch(null).parse(tonal.key),
    keyConfidence: typeof tonal.confidence === "number" ? tonal.confidence : 0,
  };
}

/** The answer as long as it may be. */
function fitting(answer: Answer): Answer {
  let shortened = answer;
  for (const { differences, characters } of SHORTENINGS) {
    if (JSON.stringify(shortened).length <= MAX_CHARACTERS) break;
    shortened = shorten(answer, differences, characters);
  }
  return shortened;
}

function shorten({ tracks, comparisons }: Answer, most: number, characters: number): Answer {
  const cut = (text: string) => (text.length <= characters ? text : `${text.slice(0, characters).toWellFormed()}…`);
  return {
    tracks: tracks.map((track) => ({
      ...track,
      filename: cut(track.filename),
      why_uncertain: track.why_uncertain.map(cut),
    })),
    comparisons: comparisons.map((comparison) => ({
      ...comparison,
      differences: comparison.differences.slice(0, most),
      smaller_differences: Math.max(0, comparison.differences.length - most),
      not_compared: comparison.not_compared.map(({ measure, reason }) => ({ measure, reason: cut(reason) })),
    })),
  };
}

function compare(first: Measured, other: Measured): z.output<typeof COMPARISON> {
  const { differences, missing } = compareResults(first.results, other.results);
  const tempo = mixTempi(first.mixable, other.mixable);
  const key = mixKeys(first.mixable, other.mixable, tempo);
  return {
    track_id: other.track.id,
    differences: [...differences],
    smaller_differences: 0,
    not_compared: [...missing, ...(key === null ? [{ measure: "key", reason: whyNoKey(first, other) }] : [])],
    tempo: tempo && {
      relation: tempo.relation,
      stretch_percent: tempo.stretchPercent,
      varispeed_semitones: tempo.varispeedSemitones,
      confidence: tempo.confidence,
      text: tempo.text,
    },
    key: key && {
      relation: key.relation,
      compatible: key.compatible,
      wheel_steps: key.wheelSteps,
      semitones: key.semitones,
      confidence: key.confidence,
      text: key.text,
    },
  };
}

function whyNoKey(first: Measured, other: Measured): string {
  const [who, results] = first.mixable.key === null ? ["reference: ", first.results] : ["", other.results];
  return `${who}${results.tonal?.why_uncertain ?? "No key was found."}`;
}

function trackOnWire({ track, results, mixable }: Measured): z.output<typeof TRACK> {
  const number = mixable.key === null ? null : keyNumber(mixable.key);
  const doubts = [results.rhythm?.why_uncertain, results.tonal?.why_uncertain];
  return {
    track_id: track.id,
    filename: track.filename,
    tempo_bpm: mixable.tempoBpm,
    tempo_confidence: mixable.tempoConfidence,
    key: mixable.key,
    camelot: number === null ? null : camelot(number),
    key_confidence: mixable.keyConfidence,
    why_uncertain: doubts.filter((doubt) => typeof doubt === "string"),
  };
}

/** Two lines: what differs most, and how they mix. */
function describe(
  { differences, tempo, key }: z.output<typeof COMPARISON>,
  first: Measured,
  track: Track | undefined,
): string {
  const noticed = differences.filter(({ steps }) => steps >= 1).slice(0, NAMED);
  const most = noticed.length === 0 ? "no difference that is noticed" : noticed.map(({ text }) => text).join(", ");
  const mixing = [tempo?.text ?? "no tempo to compare", key?.text ?? "no key to compare"].join("; ");
  return `${track?.filename} against ${first.track.filename}: ${most}.\n  ${mixing}.`;
}
