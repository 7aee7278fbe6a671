/** Everything that Hark stores, opened together. */
import { type AnalysisRepository, analysisRepository } from "./analysis-repository.ts";
import { type ApiKeyRepository, apiKeyRepository } from "./api-key-repository.ts";
import { type BatchRepository, batchRepository } from "./batch-repository.ts";
import { type Database, type DatabaseOptions, openDatabase } from "./database.ts";
import { type JobRepository, jobRepository } from "./job-repository.ts";
import { type LedgerRepository, ledgerRepository } from "./ledger-repository.ts";
import { type ModelHealthRepository, modelHealthRepository } from "./model-health-repository.ts";
import { type RateBucketRepository, rateBucketRepository } from "./rate-bucket-repository.ts";
import { type RouteRepository, routeRepository } from "./route-repository.ts";
import { type SessionRepository, sessionRepository } from "./session-repository.ts";
import { type TrackRepository, trackRepository } from "./track-repository.ts";
import { type SearchResult, type SearchTracks, searchTracks } from "./track-search.ts";

export interface Storage extends Database {
  /** The tracks of an owner. */
  tracksOf(owner: string): TrackRepository;
  readonly analyses: AnalysisRepository;
  /** Tracks of an owner by what was measured of them. */
  search(owner: string, wanted: SearchTracks): Promise<SearchResult>;
  readonly batches: BatchRepository;
  readonly jobs: JobRepository;
  readonly ledger: LedgerRepository;
  readonly modelHealth: ModelHealthRepository;
  readonly routes: RouteRepository;
  readonly sessions: SessionRepository;
  readonly apiKeys: ApiKeyRepository;
  readonly rateBuckets: RateBucketRepository;
}

/** Opens the database with its repositories. The caller closes it. @throws AppError as `openDatabase` does. */
export async function openStorage(options: DatabaseOptions): Promise<Storage> {
  const database = await openDatabase(options);
  const { db } = database;
  return {
    ...database,
    tracksOf: (owner) => trackRepository(db, owner),
    analyses: analysisRepository(db),
    search: (owner, wanted) => searchTracks(db, owner, wanted),
    batches: batchRepository(db),
    jobs: jobRepository(db),
    ledger: ledgerRepository(db),
    modelHealth: modelHealthRepository(db),
    routes: routeRepository(db),
    sessions: sessionRepository(db),
    apiKeys: apiKeyRepository(db),
    rateBuckets: rateBucketRepository(db),
  };
}
