/** A library of tracks whose analyses are given instead of measured, in a real database, read by the real cached provider. */
import { tmpdir } from "node:os";
import type { Agent } from "../../src/agents/agent.ts";
import { LOCAL_CALLER } from "../../src/caller.ts";
import { localFileStore } from "../../src/files/local-file-store.ts";
import { signedLinks } from "../../src/files/signed-links.ts";
import { JobService } from "../../src/jobs/job-service.ts";
import { ownJobs } from "../../src/jobs/own-jobs.ts";
import { openModelLibrary } from "../../src/models/model-library.ts";
import { ModelService } from "../../src/models/model-service.ts";
import { cachedProvider } from "../../src/providers/cached.ts";
import { postgresSessionStore } from "../../src/sessions/postgres-session-store.ts";
import { ownSessions } from "../../src/sessions/session-store.ts";
import { parametersHash } from "../../src/storage/parameters-hash.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import type { CallContext } from "../../src/tools/tool.ts";
import { TrackLibrary } from "../../src/tracks/track-library.ts";
import { newTrack } from "../storage/new-track.ts";
import { openTestStorage } from "../storage/test-database.ts";

export interface StoredLibrary {
  readonly context: CallContext;
  /** Adds a track with these results, by agent; returns its id. */
  add(filename: string, results: Readonly<Record<string, object>>, durationSeconds?: number): Promise<string>;
}

export async function openStoredLibrary(agents: readonly Agent[]): Promise<StoredLibrary> {
  const storage = await openTestStorage();
  const shared = {
    storage: async () => storage,
    roots: [],
    limits: { maxFileBytes: 1e9, maxDurationSeconds: 3600, maxChannels: 8, maxDecodeSeconds: 60 },
    ffmpeg: async () => null,
  };
  const library = new TrackLibrary({ ...shared, caller: LOCAL_CALLER, filesFolder: tmpdir() });
  const files = {
    store: async () => localFileStore(tmpdir()),
    links: async () => signedLinks(Buffer.alloc(32)),
    baseUrl: () => null,
  };
  const jobs = new JobService({
    ...shared,
    store: files.store,
    library: () => library,
    speechEndpoint: undefined,
    models: { manifestFolders: [], modelsFolder: tmpdir(), licences: new Set<"permissive">() },
    foldersRoot: tmpdir(),
    logger: createLogger("silent"),
    logLevel: "silent",
    operations: [],
    operationsModule: "",
    waitLimitMs: 0,
    endWithCall: false,
    concurrency: 0,
  });
  const sessions = postgresSessionStore({
    repository: storage.sessions,
    lifetimeMs: 3_600_000,
    now: () => new Date(),
  });
  const services = {
    caller: LOCAL_CALLER,
    library,
    provider: cachedProvider(async () => storage),
    agents,
    jobs: ownJobs(jobs, LOCAL_CALLER.owner),
    files,
    gateway: () => Promise.reject(new Error("tools that read analyses need no language model")),
    sessions: async () => ownSessions(sessions, LOCAL_CALLER.owner),
    checkHealth: async () => [],
    models: noModels(),
    settings: [],
  };
  return {
    context: { services, signal: new AbortController().signal, progress: () => {} },
    async add(filename, results, durationSeconds = 60) {
      const { track } = await storage.tracksOf("local").upsert(newTrack({ filename, durationSeconds }));
      for (const [name, result] of Object.entries(results)) {
        const agentVersion = agents.find((agent) => agent.name === name)?.version ?? 1;
        const key = { trackId: track.id, agent: name, agentVersion, parametersHash: parametersHash({}) };
        await storage.analyses.store(key, { parameters: {}, result: { ...result } }, 1);
      }
      return track.id;
    },
  };
}

function noModels(): ModelService {
  const library = openModelLibrary({ manifestFolders: [], modelsFolder: tmpdir(), licences: new Set() });
  return new ModelService({ library, modelsFolder: tmpdir(), environment: {} });
}
