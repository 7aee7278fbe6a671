/** A library with real files, a real database, real threads and a real FFmpeg (or none), for tests of providers. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { findFfmpeg } from "../../src/audio/ffmpeg.ts";
import { LOCAL_CALLER } from "../../src/caller.ts";
import { createRunPass, type RunPass } from "../../src/providers/run-pass.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { TrackLibrary } from "../../src/tracks/track-library.ts";
import { AnalysisPool } from "../../src/workers/analysis-pool.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { openTestStorage } from "../storage/test-database.ts";

const SAMPLE_RATE = 22_050;

export interface AnalysisBench {
  readonly storage: Storage;
  readonly library: TrackLibrary;
  readonly runPass: RunPass;
  /** How many passes were begun, and for which agents. */
  readonly passes: string[][];
  readonly folder: string;
  /** Writes a file of a sine; another frequency is another file. */
  writeSine(name: string, hz: number, seconds: number): Promise<string>;
}

export async function openAnalysisBench(): Promise<AnalysisBench> {
  const folder = await mkdtemp(join(tmpdir(), "hark-bench-"));
  const storage = await openTestStorage();
  const pool = new AnalysisPool(2);
  afterAll(async () => {
    await pool.close();
    await rm(folder, { recursive: true, force: true });
  });
  const limits = { maxFileBytes: 1e9, maxDurationSeconds: 3600, maxChannels: 8, maxDecodeSeconds: 60 };
  const ffmpeg = () => findFfmpeg(null);
  const library = new TrackLibrary({
    caller: LOCAL_CALLER,
    storage: async () => storage,
    roots: [folder],
    filesFolder: join(folder, "files"),
    limits,
    ffmpeg,
  });
  const realPass = createRunPass({ library, pool, ffmpeg, limits, logLevel: "silent" });
  const passes: string[][] = [];
  return {
    storage,
    library,
    passes,
    folder,
    runPass: (track, runs, call, onOutcome) => {
      passes.push(runs.map((run) => run.agent.name));
      return realPass(track, runs, call, onOutcome);
    },
    async writeSine(name, hz, seconds) {
      const path = join(folder, name);
      await writeFile(path, wavFile([sine(hz, SAMPLE_RATE, Math.round(seconds * SAMPLE_RATE))], SAMPLE_RATE));
      return path;
    },
  };
}
