/** Between results of agents and the columns that searches read. */
import { type SQL, sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { parametersHash } from "./parameters-hash.ts";
import { trackFacts, tracks } from "./schema.ts";
import { storableText } from "./stored-json.ts";

type Json = Readonly<Record<string, unknown>>;
type Facts = Omit<typeof trackFacts.$inferInsert, "trackId" | "owner">;

/** The agents whose results can be searched, and the column that says of which version a track's facts are. */
export const FACT_VERSIONS = {
  rhythm: trackFacts.rhythmVersion,
  tonal: trackFacts.tonalVersion,
  loudness: trackFacts.loudnessVersion,
  timbre: trackFacts.timbreVersion,
} as const;

/** Which analysis a result is of; `AnalysisKey` is one. */
interface FactsKey {
  readonly trackId: string;
  readonly agent: string;
  readonly agentVersion: number;
  readonly parametersHash: string;
}

export type FactAgent = keyof typeof FACT_VERSIONS;

const DEFAULT_PARAMETERS = parametersHash({});

/** Keeps what searches need of a result with default parameters; a result of an older version replaces nothing. */
export async function storeFacts(db: Pick<PostgresJsDatabase, "insert">, key: FactsKey, result: Json): Promise<void> {
  if (!isFactAgent(key.agent) || key.parametersHash !== DEFAULT_PARAMETERS) return;
  const facts = factsOf(key.agent, key.agentVersion, result);
  await db
    .insert(trackFacts)
    .values({ trackId: key.trackId, owner: ownerOf(key.trackId), ...facts })
    .onConflictDoUpdate({ target: trackFacts.trackId, set: facts, setWhere: isNotNewer(key.agent, key.agentVersion) });
}

function ownerOf(trackId: string): SQL<string> {
  return sql`(select ${tracks.owner} from ${tracks} where ${tracks.id} = ${trackId})`;
}

function isFactAgent(agent: string): agent is FactAgent {
  return Object.hasOwn(FACT_VERSIONS, agent);
}

function isNotNewer(agent: FactAgent, version: number): SQL {
  return sql`coalesce(${FACT_VERSIONS[agent]}, 0) <= ${version}`;
}

/** Reads wire names, which are a public contract; what a result leaves out is null. */
function factsOf(agent: FactAgent, version: number, result: Json): Facts {
  switch (agent) {
    case "rhythm":
      return {
        rhythmVersion: version,
        tempoBpm: numberIn(result.tempo_bpm),
        tempoConfidence: numberIn(result.confidence),
      };
    case "tonal":
      return { tonalVersion: version, key: keyIn(result.key), keyConfidence: numberIn(result.confidence) };
    case "loudness":
      return { loudnessVersion: version, integratedLufs: numberIn(result.integrated_lufs) };
    case "timbre":
      return { timbreVersion: version, descriptor: numbersIn(result.descriptor) };
  }
}

function numberIn(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function numbersIn(value: unknown): number[] | null {
  return Array.isArray(value) && value.every((item) => typeof item === "number") ? value : null;
}

function keyIn(value: unknown): string | null {
  if (typeof value !== "object" || value === null || !("tonic" in value) || !("mode" in value)) return null;
  return storableText(`${value.tonic} ${value.mode}`);
}
