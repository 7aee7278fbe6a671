/** Everything that Hark stores, opened together. */
import { type AnalysisRepository, analysisRepository } from "./analysis-repository.ts";
import { type Database, type DatabaseOptions, openDatabase } from "./database.ts";
import { type JobRepository, jobRepository } from "./job-repository.ts";
import { type LedgerRepository, ledgerRepository } from "./ledger-repository.ts";
import { type ModelHealthRepository, modelHealthRepository } from "./model-health-repository.ts";
import { type RouteRepository, routeRepository } from "./route-repository.ts";
import { type TrackRepository, trackRepository } from "./track-repository.ts";
import { type SearchResult, type SearchTracks, searchTracks } from "./track-search.ts";

export interface Storage extends Database {
  readonly tracks: TrackRepository;
  readonly analyses: AnalysisRepository;
  /** Tracks by what was measured of them. */
  search(wanted: SearchTracks): Promise<SearchResult>;
  readonly jobs: JobRepository;
  readonly ledger: LedgerRepository;
  readonly modelHealth: ModelHealthRepository;
  readonly routes: RouteRepository;
}

/** Opens the database with its repositories. The caller closes it. @throws AppError as `openDatabase` does. */
export async function openStorage(options: DatabaseOptions): Promise<Storage> {
  const database = await openDatabase(options);
  const { db } = database;
  return {
    ...database,
    tracks: trackRepository(db),
    analyses: analysisRepository(db),
    search: (wanted) => searchTracks(db, wanted),
    jobs: jobRepository(db),
    ledger: ledgerRepository(db),
    modelHealth: modelHealthRepository(db),
    routes: routeRepository(db),
  };
}
