/** Everything that Hark stores, opened together. */
import { type AnalysisRepository, analysisRepository } from "./analysis-repository.ts";
import { type Database, type DatabaseOptions, openDatabase } from "./database.ts";
import { type TrackRepository, trackRepository } from "./track-repository.ts";

export interface Storage extends Database {
  readonly tracks: TrackRepository;
  readonly analyses: AnalysisRepository;
}

/** Opens the database with its repositories. The caller closes it. @throws AppError as `openDatabase` does. */
export async function openStorage(options: DatabaseOptions): Promise<Storage> {
  const database = await openDatabase(options);
  return { ...database, tracks: trackRepository(database.db), analyses: analysisRepository(database.db) };
}
