/** Stored results of agents, and failures while they are believed. */
import { and, eq, gt, isNull, or, type SQL, sql } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { AppError } from "../errors.ts";
import { errorCode, query } from "./database-error.ts";
import { analyses, type StoredError } from "./schema.ts";
import { storableText } from "./stored-json.ts";
import { storeFacts } from "./track-facts.ts";

const FOREIGN_KEY_VIOLATION = "23503";

/** The source of what Hark computes itself, and of every row from before there were others. */
const BUILTIN_SOURCE = "builtin";

type Json = Readonly<Record<string, unknown>>;

/** What makes two analyses the same one. */
export interface AnalysisKey {
  readonly trackId: string;
  readonly agent: string;
  readonly agentVersion: number;
  /** Of `parametersHash`. */
  readonly parametersHash: string;
  /** What computed the features: an engine and its model; left out, Hark itself. */
  readonly source?: string;
}

/** What came of an analysis; a failure without an expiry stays. */
type AnalysisOutcome =
  | { readonly parameters: Json; readonly result: Json; readonly warning?: string | null }
  | { readonly parameters: Json; readonly error: StoredError; readonly expiresAt: Date | null };

/** A row: a result or an error, never both. */
export type StoredAnalysis = Required<AnalysisKey> & {
  readonly parameters: Json;
  readonly expiresAt: Date | null;
  readonly durationMs: number;
  readonly createdAt: Date;
  readonly warning: string | null;
} & ({ readonly result: Json; readonly error: null } | { readonly result: null; readonly error: StoredError });

/** That an analysis is stored, without its result. */
export interface StoredOutcome extends Omit<Required<AnalysisKey>, "trackId" | "parametersHash"> {
  readonly parameters: Json;
  /** Null when it has a result. */
  readonly error: StoredError | null;
  readonly warning: string | null;
  readonly createdAt: Date;
}

export interface AnalysisRepository {
  /** Null when nothing is stored, or a failure that has expired. */
  find(key: AnalysisKey): Promise<StoredAnalysis | null>;
  /** What is stored of several keys, in one query and in no order. */
  findMany(keys: readonly AnalysisKey[]): Promise<StoredAnalysis[]>;
  /** Everything stored of a track, in order of agents. */
  listForTrack(trackId: string): Promise<StoredAnalysis[]>;
  /** The same without the results, which may be long. */
  listOutcomes(trackId: string): Promise<StoredOutcome[]>;
  /**
   * Stores an outcome in place of an older one, but never a failure in place of a result; and what searches read of it, where Hark
   * itself computed it: tracks are compared by one measure.
   * @throws AppError not_found when the track has been removed.
   */
  store(key: AnalysisKey, outcome: AnalysisOutcome, durationMs: number, createdAt?: Date): Promise<void>;
}

export function analysisRepository(db: PostgresJsDatabase): AnalysisRepository {
  const select = async (condition: SQL | undefined): Promise<StoredAnalysis[]> => {
    const rows = await query(() =>
      db
        .select()
        .from(analyses)
        .where(and(condition, isBelieved()))
        .orderBy(analyses.agent, analyses.agentVersion, analyses.id),
    );
    return rows.map(toStoredAnalysis);
  };
  const findMany = async (keys: readonly AnalysisKey[]) => (keys.length === 0 ? [] : select(or(...keys.map(hasKey))));

  return {
    findMany,
    listForTrack: (trackId) => select(eq(analyses.trackId, storableText(trackId))),

    async listOutcomes(trackId) {
      const { agent, agentVersion, parameters, source, error, warning, createdAt } = analyses;
      return await query(() =>
        db
          .select({ agent, agentVersion, parameters, source, error, warning, createdAt })
          .from(analyses)
          .where(and(eq(analyses.trackId, storableText(trackId)), isBelieved()))
          .orderBy(agent, agentVersion, analyses.id),
      );
    },

    async find(key) {
      const [found] = await findMany([key]);
      return found ?? null;
    },

    async store(key, outcome, durationMs, createdAt = new Date()) {
      const { trackId, agent, agentVersion, parametersHash, source = BUILTIN_SOURCE } = key;
      const outcomeColumns =
        "result" in outcome
          ? { result: outcome.result, warning: outcome.warning ?? null, error: null, expiresAt: null }
          : {
              result: null,
              warning: null,
              error: { kind: outcome.error.kind, message: outcome.error.message },
              expiresAt: outcome.expiresAt,
            };
      const changing = { ...outcomeColumns, durationMs, createdAt };
      const store = async (transaction: Pick<PostgresJsDatabase, "insert">) => {
        await transaction
          .insert(analyses)
          .values({ trackId, agent, agentVersion, parametersHash, source, parameters: outcome.parameters, ...changing })
          .onConflictDoUpdate({
            target: [analyses.trackId, analyses.agent, analyses.agentVersion, analyses.parametersHash, analyses.source],
            set: changing,
            setWhere: sql`${analyses.result} is null or excluded.result is not null`,
          });
        if ("result" in outcome && source === BUILTIN_SOURCE) await storeFacts(transaction, key, outcome.result);
      };
      await query(() => db.transaction(store)).catch((error: unknown) => {
        if (!(error instanceof AppError) || errorCode(error.cause) !== FOREIGN_KEY_VIOLATION) throw error;
        throw new AppError("not_found", "The track was removed while it was analysed. Add it again.", { cause: error });
      });
    },
  };
}

/** A failure that has expired is as if it were not there. */
function isBelieved(): SQL | undefined {
  return or(isNull(analyses.expiresAt), gt(analyses.expiresAt, sql`now()`));
}

function hasKey({
  trackId,
  agent,
  agentVersion,
  parametersHash,
  source = BUILTIN_SOURCE,
}: AnalysisKey): SQL | undefined {
  return and(
    eq(analyses.trackId, storableText(trackId)),
    eq(analyses.agent, storableText(agent)),
    eq(analyses.agentVersion, agentVersion),
    eq(analyses.parametersHash, storableText(parametersHash)),
    eq(analyses.source, storableText(source)),
  );
}

function toStoredAnalysis({ id: _, result, error, ...row }: typeof analyses.$inferSelect): StoredAnalysis {
  if (error !== null) return { ...row, result: null, error };
  if (result !== null) return { ...row, result, error: null };
  throw new AppError("internal", "A stored analysis holds neither a result nor an error.");
}
