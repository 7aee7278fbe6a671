/**
 * Reads what is stored and measures what is missing. A track is measured once at a time: within a process requests join
 * the running pass, between processes they wait for the track's lock and then read.
 */
import type { Agent } from "../agents/agent.ts";
import { BUILTIN_ONLY, type EngineChooser } from "../engines/engine-choice.ts";
import { toAppError } from "../errors.ts";
import type { AnalysisKey } from "../storage/analysis-repository.ts";
import type { Storage } from "../storage/storage.ts";
import type { Track } from "../storage/track-repository.ts";
import type { Logger } from "../telemetry/log.ts";
import { analysisLockKey } from "../tracks/track-library.ts";
import type { Analysis, AnalysisRequest, Provider, ProviderCall } from "./provider.ts";
import type { AgentRun, PassOutcome, RunPass } from "./run-pass.ts";
import { analysisKey, failureExpiry, readStored } from "./stored-analysis.ts";
import { TrackPass } from "./track-pass.ts";

interface CacheFirstOptions {
  readonly storage: () => Promise<Storage>;
  readonly runPass: RunPass;
  /** Measured in the same pass as whatever is asked for first. */
  readonly defaultAgents: readonly Agent[];
  readonly engines?: EngineChooser;
  readonly logger: Logger;
}

export class CacheFirstProvider implements Provider {
  readonly name = "cache-first";
  readonly #options: CacheFirstOptions;
  readonly #passes = new Map<string, TrackPass>();
  /** Prefetches whose pass has not begun. */
  readonly #beginning = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: CacheFirstOptions) {
    this.#options = options;
  }

  async analyse(request: AnalysisRequest, call: ProviderCall): Promise<Analysis> {
    const { analyses } = await this.#options.storage();
    const { track, agent, parameters } = request;
    const run = { agent, parameters, source: await this.#engines.choose(agent.engines, request.engine) };
    const key = analysisKey(track, run);
    for (;;) {
      const stored = await analyses.find(key);
      if (stored !== null) return readStored(stored, run.source);
      const defaults = await this.#defaultRuns();
      const pass = this.#passes.get(track.id) ?? this.#start(track, [run, ...defaults], false);
      const analysis = await pass.wait(run, call);
      if (analysis !== null) return analysis;
    }
  }

  prefetch(track: Track): void {
    const begun = this.#defaultRuns()
      .then((defaults) => {
        if (!this.#passes.has(track.id) && !this.#isClosed) this.#start(track, defaults, true);
      })
      .catch((error: unknown) => this.#options.logger.warn({ err: error, track: track.id }, "not prefetched"))
      .finally(() => this.#beginning.delete(begun));
    this.#beginning.add(begun);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#beginning);
    while (this.#passes.size > 0) await Promise.all([...this.#passes.values()].map((pass) => pass.done));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const pass of this.#passes.values()) pass.stop();
    await this.settled();
  }

  get #engines(): EngineChooser {
    return this.#options.engines ?? BUILTIN_ONLY;
  }

  #defaultRuns(): Promise<AgentRun[]> {
    return Promise.all(
      this.#options.defaultAgents.map(async (agent) => ({
        agent,
        parameters: {},
        source: await this.#engines.choose(agent.engines, undefined),
      })),
    );
  }

  #start(track: Track, wanted: readonly AgentRun[], background: boolean): TrackPass {
    const runs = distinct(track, wanted);
    const pass = new TrackPass(runs, background, (self) => this.#fly(track, self));
    this.#passes.set(track.id, pass);
    pass.done.finally(() => this.#passes.delete(track.id));
    return pass;
  }

  async #fly(track: Track, pass: TrackPass): Promise<void> {
    const { locks, analyses } = await this.#options.storage();
    await locks.withLock(analysisLockKey(track.id), pass.signal, async () => {
      const keys = pass.runs.map((run) => analysisKey(track, run));
      const stored = new Map((await analyses.findMany(keys)).map((row) => [rowName(row), row]));
      const missing = pass.runs.filter((run) => {
        const row = stored.get(rowName(analysisKey(track, run)));
        if (row !== undefined) pass.deliver(run, () => readStored(row, run.source));
        return row === undefined;
      });
      if (missing.length > 0) await this.#measure(track, missing, pass);
    });
  }

  async #measure(track: Track, missing: readonly AgentRun[], pass: TrackPass): Promise<void> {
    const tracks = (await this.#options.storage()).tracksOf(track.owner);
    await tracks.setStatus(track.id, "analyzing", null);
    let kept = Promise.resolve();
    try {
      await this.#options.runPass(track, missing, pass, (outcome) => {
        kept = kept.then(() => this.#keep(track, pass, outcome, outcome.run === missing.at(-1) ? "ready" : null));
      });
      await kept;
    } catch (error) {
      const failure = toAppError(error);
      const status = failureExpiry(failure, new Date()) === null ? "pending" : "failed";
      await kept;
      await tracks.setStatus(track.id, status, status === "failed" ? failure.message : null);
      for (const run of missing)
        await this.#keep(
          track,
          pass,
          { run, source: run.source, durationMs: 0, warning: null, result: null, failure },
          null,
        );
      throw error;
    }
  }

  /** Stores one outcome, then hands it to whoever waits; an answer that cannot be stored is still an answer. */
  async #keep(
    track: Track,
    pass: TrackPass,
    { run, source, result, failure, warning, durationMs }: PassOutcome,
    status: "ready" | null,
  ): Promise<void> {
    if (pass.isDelivered(run)) return;
    const { analyses, tracksOf } = await this.#options.storage();
    // What Hark computed in an engine's place is stored as its own: the engine is tried again, later.
    if (source.engine !== run.source.engine) this.#engines.reportFailure(run.source.engine);
    const key = analysisKey(track, { ...run, source });
    const createdAt = new Date();
    const expiresAt = failure === null ? null : failureExpiry(failure, createdAt);
    try {
      if (failure === null)
        await analyses.store(key, { parameters: run.parameters, result, warning }, durationMs, createdAt);
      else if (expiresAt !== null)
        await analyses.store(key, { parameters: run.parameters, error: failure, expiresAt }, durationMs);
      if (status !== null) await tracksOf(track.owner).setStatus(track.id, status, null);
    } catch (error) {
      this.#options.logger.warn({ err: error, track: track.id, agent: run.agent.name }, "could not store an analysis");
    }
    pass.deliver(run, () => {
      if (failure !== null) throw failure;
      return { result, warning, source, cached: false, durationMs, createdAt };
    });
  }
}

/** Each run once, in order of first mention. */
function distinct(track: Track, runs: readonly AgentRun[]): AgentRun[] {
  const seen = new Map<string, AgentRun>();
  for (const run of runs) {
    const name = rowName(analysisKey(track, run));
    if (!seen.has(name)) seen.set(name, run);
  }
  return [...seen.values()];
}

/** A row among those of one track. */
function rowName({ agent, agentVersion, parametersHash, source }: AnalysisKey): string {
  return `${agent} ${agentVersion} ${parametersHash} ${source}`;
}
