/** Hark put together: from a configuration to the services that every surface offers. Nothing starts before it is needed. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AGENTS } from "./agents/registry.ts";
import { findFfmpeg } from "./audio/ffmpeg.ts";
import { type Caller, LOCAL_CALLER } from "./caller.ts";
import type { Config } from "./config.ts";
import { healthChecks } from "./health-checks.ts";
import { openModelLibrary } from "./models/model-library.ts";
import { ModelService } from "./models/model-service.ts";
import { CacheFirstProvider } from "./providers/cache-first.ts";
import { cachedProvider } from "./providers/cached.ts";
import { liveProvider } from "./providers/live.ts";
import type { Provider } from "./providers/provider.ts";
import { createRunPass } from "./providers/run-pass.ts";
import type { Storage } from "./storage/storage.ts";
import type { Logger } from "./telemetry/log.ts";
import { createTools } from "./tools/registry.ts";
import type { Services, Tool } from "./tools/tool.ts";
import { visibleTools } from "./tools/visibility.ts";
import { TrackLibrary } from "./tracks/track-library.ts";
import { AnalysisPool } from "./workers/analysis-pool.ts";

/** Of the audio models that Hark knows. */
const MANIFESTS = fileURLToPath(new URL("../config/models", import.meta.url));

export interface Application {
  /** Of the user of this machine. */
  readonly services: Services;
  /** What a caller sees. */
  servicesFor(caller: Caller): Services;
  /** The tools that the configuration shows. */
  readonly tools: readonly Tool[];
  /** Resolves when no background work is left. */
  settled(): Promise<void>;
  /** Stops background work and releases everything. The private database ends with the last process that leaves it. */
  close(): Promise<void>;
}

/** @throws AppError invalid_input for settings that name tools that do not exist. */
export function createApplication(config: Config, logger: Logger): Application {
  const tools = visibleTools(createTools(AGENTS), config);
  // Imported when it is needed: the database libraries take longer to load than the rest of Hark together.
  const storage = retryable(async () => {
    const { openStorage } = await import("./storage/storage.ts");
    return openStorage({ databaseUrl: config.databaseUrl, home: config.home });
  });
  const gateway = retryable(async () => {
    const { openGateway } = await import("./gateway/gateway.ts");
    return openGateway({ ...config.gateway, storage: storage.get });
  });
  const ffmpeg = retryable(() => findFfmpeg(config.ffmpegPath ?? null));
  const pool = new AnalysisPool(config.workers);
  const filesFolder = join(config.home, "files");
  const library = new TrackLibrary({
    storage: storage.get,
    roots: config.roots,
    filesFolder,
    limits: config.limits,
    ffmpeg: ffmpeg.get,
  });
  const models = new ModelService({
    library: openModelLibrary({
      manifestFolders: [MANIFESTS, config.models.folder],
      modelsFolder: config.models.folder,
      licences: config.models.licences,
      hashesFile: join(config.home, "model-hashes.json"),
    }),
    modelsFolder: config.models.folder,
    environment: config.models.environment,
  });
  const provider = createProvider();
  const servicesFor = (caller: Caller): Services => ({
    caller,
    library,
    provider,
    agents: AGENTS,
    gateway: gateway.get,
    models,
    settings: config.settings,
    checkHealth: () => healthChecks(config, { storage: storage.get, ffmpeg: ffmpeg.get, gateway: gateway.get }),
  });

  function createProvider(): Provider {
    if (config.provider === "cached") return cachedProvider(storage.get);
    const runPass = createRunPass({
      library,
      pool,
      ffmpeg: ffmpeg.get,
      limits: config.limits,
      logLevel: config.logLevel,
    });
    if (config.provider === "live") return liveProvider(runPass);
    return new CacheFirstProvider({ storage: storage.get, runPass, defaultAgents: AGENTS, logger });
  }

  return {
    services: servicesFor(LOCAL_CALLER),
    servicesFor,
    tools,
    settled: () => provider.settled(),
    async close() {
      await models.close();
      await provider.close();
      await pool.close();
      const opened: Storage | undefined = await storage.opened();
      await opened?.close();
    },
  };
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
