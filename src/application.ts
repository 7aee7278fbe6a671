/** Hark put together: from a configuration to the services that every surface offers. Nothing starts before it is needed. */
import { extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AGENTS } from "./agents/registry.ts";
import { findFfmpeg } from "./audio/ffmpeg.ts";
import { type ApiKeys, apiKeys } from "./auth/api-keys.ts";
import { authenticator } from "./auth/authenticator.ts";
import { jwtVerifier } from "./auth/jwt-verifier.ts";
import { memoryBuckets, storedBuckets } from "./auth/token-buckets.ts";
import { type Caller, LOCAL_CALLER } from "./caller.ts";
import type { Config } from "./config.ts";
import { openEngineChooser } from "./engines/engine-choice.ts";
import { toAppError } from "./errors.ts";
import type { FileAccess } from "./files/file-access.ts";
import { openFileStore } from "./files/open-file-store.ts";
import { signedLinks, signingKey } from "./files/signed-links.ts";
import { healthChecks } from "./health-checks.ts";
import { exposedHosts } from "./http/exposure.ts";
import type { HttpSecurity } from "./http/security.ts";
import { JobService } from "./jobs/job-service.ts";
import { ownJobs } from "./jobs/own-jobs.ts";
import { OWN_MANIFESTS, openModelLibrary } from "./models/model-library.ts";
import { ModelService } from "./models/model-service.ts";
import type { Operation } from "./processing/operation.ts";
import { OPERATIONS } from "./processing/registry.ts";
import { CacheFirstProvider } from "./providers/cache-first.ts";
import { cachedProvider } from "./providers/cached.ts";
import { liveProvider } from "./providers/live.ts";
import type { Provider } from "./providers/provider.ts";
import { createRunPass } from "./providers/run-pass.ts";
import type { BaseRouter } from "./question/base-router.ts";
import { ownSessions } from "./sessions/session-store.ts";
import type { Storage } from "./storage/storage.ts";
import type { Logger } from "./telemetry/log.ts";
import { createTools } from "./tools/registry.ts";
import type { Services, Tool } from "./tools/tool.ts";
import { visibleTools } from "./tools/visibility.ts";
import { TrackLibrary } from "./tracks/track-library.ts";
import { AnalysisPool } from "./workers/analysis-pool.ts";

/** Where no database is wanted: the least recently used one goes first. */
const SESSIONS_IN_MEMORY = 1000;

/** Time for calls of language models to be booked when everything stops. */
const BOOKING_MS = 2_000;

export interface Application {
  /** Of the user of this machine. */
  readonly services: Services;
  /** What a caller sees. */
  servicesFor(caller: Caller): Services;
  /** How the HTTP surface knows its callers. */
  readonly security: HttpSecurity;
  readonly apiKeys: ApiKeys;
  /** Jobs of all owners, for whoever runs this machine. */
  readonly jobs: JobService;
  /** What signed links lead to, whoever follows them. */
  readonly files: FileAccess;
  /** Answers questions of a caller, with all tools that a question may use. */
  routerFor(services: Services): Promise<BaseRouter>;
  /** The tools that the configuration shows. */
  readonly tools: readonly Tool[];
  /** Resolves when no background work is left. */
  settled(): Promise<void>;
  /** Stops background work and releases everything. The private database ends with the last process that leaves it. */
  close(): Promise<void>;
}

export interface ApplicationOptions {
  /** What jobs can do, and the URL of the module that exports it as `OPERATIONS`. */
  readonly operations?: { readonly list: readonly Operation[]; readonly module: string };
  /** How long a tool waits for a job before it hands the job over. */
  readonly jobWaitMs?: number;
  /** Whether jobs end with the call that asked for them. */
  readonly jobsEndWithCall?: boolean;
  /** Where HTTP is served, once it is. */
  readonly baseUrl?: () => string | null;
  /** Whether jobs go on that a server has left behind which was killed. */
  readonly resumesJobs?: boolean;
}

const JOB_WAIT_MS = 45_000;

/** The module has the ending of this one: .ts in a clone, .js in the published package. */
const ALL_OPERATIONS = {
  list: OPERATIONS,
  module: new URL(`./processing/registry${extname(import.meta.url)}`, import.meta.url).href,
};

/** @throws AppError invalid_input for settings that name tools that do not exist. */
export function createApplication(config: Config, logger: Logger, options: ApplicationOptions = {}): Application {
  const operations = options.operations ?? ALL_OPERATIONS;
  const tools = visibleTools(createTools(AGENTS, operations.list), config);
  // Imported when it is needed: the database libraries take longer to load than the rest of Hark together.
  const storage = retryable(async () => {
    const { openStorage } = await import("./storage/storage.ts");
    const opened = await openStorage({ databaseUrl: config.databaseUrl, home: config.home });
    // Jobs that a killed server left behind go on; asked without waiting, and of the storage that is being opened.
    if (options.resumesJobs === true)
      setImmediate(() => jobs.resume().catch((error: unknown) => logger.warn({ err: error }, "jobs not resumed")));
    return opened;
  });
  const gateway = retryable(async () => {
    const { openGateway } = await import("./gateway/gateway.ts");
    return openGateway({ ...config.gateway, storage: storage.get });
  });
  const sessions = retryable(async () => {
    const options = { lifetimeMs: config.sessionLifetimeMs, now: () => new Date() };
    if (config.provider === "live") {
      const { memorySessionStore } = await import("./sessions/memory-session-store.ts");
      return memorySessionStore({ ...options, mostSessions: SESSIONS_IN_MEMORY });
    }
    const { postgresSessionStore } = await import("./sessions/postgres-session-store.ts");
    return postgresSessionStore({ ...options, repository: (await storage.get()).sessions });
  });
  const ffmpeg = retryable(() => findFfmpeg(config.ffmpegPath ?? null));
  const pool = new AnalysisPool(config.workers);
  const filesFolder = join(config.home, "files");
  const libraryOf = (caller: Caller) =>
    new TrackLibrary({
      caller,
      storage: storage.get,
      roots: config.roots,
      filesFolder,
      limits: config.limits,
      ffmpeg: ffmpeg.get,
    });
  const modelFiles = {
    manifestFolders: [OWN_MANIFESTS, config.models.folder],
    modelsFolder: config.models.folder,
    licences: config.models.licences,
    hashesFile: join(config.home, "model-hashes.json"),
  };
  const modelLibrary = openModelLibrary(modelFiles);
  const models = new ModelService({
    library: modelLibrary,
    modelsFolder: config.models.folder,
    environment: config.models.environment,
  });
  const provider = createProvider();
  const store = retryable(() => openFileStore(config.jobs.store, config.home));
  const links = retryable(async () => signedLinks(await signingKey(config.jobs.signingKey, config.home)));
  const files: FileAccess = { store: store.get, links: links.get, baseUrl: options.baseUrl ?? (() => null) };
  const jobs = new JobService({
    storage: storage.get,
    store: store.get,
    library: (owner) => libraryOf(workerFor(owner)),
    ffmpeg: ffmpeg.get,
    limits: config.limits,
    models: modelFiles,
    speechEndpoint: config.speechEndpoint,
    roots: config.roots,
    foldersRoot: join(config.home, "jobs"),
    logger,
    logLevel: config.logLevel,
    operations: operations.list,
    operationsModule: operations.module,
    endWithCall: options.jobsEndWithCall ?? false,
    waitLimitMs: options.jobWaitMs ?? JOB_WAIT_MS,
    concurrency: config.jobs.worker ? config.jobs.concurrency : 0,
  });
  const servicesFor = (caller: Caller): Services => ({
    caller,
    library: libraryOf(caller),
    provider,
    agents: AGENTS,
    jobs: ownJobs(jobs, caller.owner),
    files,
    gateway: async () => (await gateway.get()).for(caller),
    models,
    sessions: async () => ownSessions(await sessions.get(), caller.owner),
    settings: seesServer(caller) ? config.settings : [],
    logFailure: (error, what) => {
      const { kind } = toAppError(error);
      logger[kind === "internal" ? "error" : "info"]({ err: error, kind }, `${what} failed`);
    },
    checkHealth: async () => {
      const checks = await healthChecks(config, {
        storage: storage.get,
        ffmpeg: ffmpeg.get,
        gateway: gateway.get,
        store: store.get,
      });
      return seesServer(caller) ? checks : checks.map((check) => ({ ...check, detail: "", remedy: null }));
    },
  });

  const keys = apiKeys(async () => (await storage.get()).apiKeys);

  function createProvider(): Provider {
    const engines = openEngineChooser(modelLibrary);
    if (config.provider === "cached") return cachedProvider(storage.get, engines);
    const runPass = createRunPass({
      // It opens tracks of any owner: whoever has one was given it by a library of his own.
      library: libraryOf(LOCAL_CALLER),
      pool,
      ffmpeg: ffmpeg.get,
      limits: config.limits,
      logLevel: config.logLevel,
    });
    if (config.provider === "live") return liveProvider(runPass, engines);
    return new CacheFirstProvider({ storage: storage.get, runPass, defaultAgents: AGENTS, engines, logger });
  }

  return {
    services: servicesFor(LOCAL_CALLER),
    servicesFor,
    routerFor: async (own) => {
      const { questionRouterFor } = await import("./tools/question-router-for.ts");
      return questionRouterFor({ tools: createTools(AGENTS), services: own });
    },
    security: createSecurity(config, keys, storage.get),
    apiKeys: keys,
    jobs,
    files,
    tools,
    settled: () => provider.settled(),
    async close() {
      await jobs.close();
      await models.close();
      await provider.close();
      await pool.close();
      // A call that was broken off still has to be booked.
      await Promise.race([(await gateway.opened())?.settled(), sleep(BOOKING_MS, undefined, { ref: false })]);
      const opened: Storage | undefined = await storage.opened();
      await opened?.close();
    },
  };
}

function createSecurity(config: Config, keys: ApiKeys, storage: () => Promise<Storage>): HttpSecurity {
  const { jwt, ...access } = config.access;
  const verifyJwt = jwt.secret === undefined && jwt.jwksUrl === undefined ? null : jwtVerifier(jwt);
  return {
    ...access,
    allowedHosts: exposedHosts({ host: config.host, allowedHosts: access.allowedHosts }),
    authenticate: authenticator({ isRequired: access.isRequired, keys, verifyJwt }),
    takeToken: config.provider === "live" ? memoryBuckets() : storedBuckets(storage),
  };
}

/** Whose job it is owns the recording; a worker reads what belongs to that owner and names no files. */
function workerFor(owner: string): Caller {
  return { owner, keyId: owner, scopes: new Set() };
}

/** Settings and folders of the server are for those who may name its files. */
function seesServer({ scopes }: Caller): boolean {
  return scopes.has("files");
}

interface Retryable<Value> {
  /** Opens on the first call; a failure is forgotten, so that the next call tries again. */
  readonly get: () => Promise<Value>;
  /** The value if one was opened. */
  readonly opened: () => Promise<Value | undefined>;
}

function retryable<Value>(open: () => Promise<Value>): Retryable<Value> {
  let pending: Promise<Value> | undefined;
  return {
    get() {
      pending ??= open().catch((error) => {
        pending = undefined;
        throw error;
      });
      return pending;
    },
    opened: async () => pending?.catch(() => undefined),
  };
}
