/** One pass over one track's file: opens it, sends it to the pool, and hands on each agent's outcome. */
import type { Agent } from "../agents/agent.ts";
import type { AudioLimits } from "../audio/decoder.ts";
import type { Ffmpeg } from "../audio/ffmpeg.ts";
import { builtinChoice, type EngineChoice } from "../engines/engine-choice.ts";
import { AppError } from "../errors.ts";
import type { Track } from "../storage/track-repository.ts";
import { currentRequestId, newRequestId } from "../telemetry/log.ts";
import type { TrackLibrary } from "../tracks/track-library.ts";
import type { AnalysisPool } from "../workers/analysis-pool.ts";
import type { ProviderCall } from "./provider.ts";

/** An agent to run with its parameters, and what computes its features. */
export interface AgentRun {
  readonly agent: Agent;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly source: EngineChoice;
}

export type PassOutcome = {
  readonly run: AgentRun;
  /** What did compute them: Hark itself where the run's own source failed. */
  readonly source: EngineChoice;
  readonly durationMs: number;
  readonly warning: string | null;
} & (
  | { readonly result: Readonly<Record<string, unknown>>; readonly failure: null }
  | { readonly result: null; readonly failure: AppError }
);

/**
 * Decodes the track once and runs all agents on what they need; outcomes come in the order of the runs. Resolves at the
 * end of the pass. Rejects with why the pass as a whole failed.
 */
export type RunPass = (
  track: Track,
  runs: readonly AgentRun[],
  call: ProviderCall,
  onOutcome: (outcome: PassOutcome) => void,
) => Promise<void>;

interface RunPassOptions {
  readonly library: TrackLibrary;
  readonly pool: AnalysisPool;
  readonly ffmpeg: () => Promise<Ffmpeg | null>;
  readonly limits: AudioLimits;
  readonly logLevel: string;
}

export function createRunPass({ library, pool, ffmpeg, limits, logLevel }: RunPassOptions): RunPass {
  return async (track, runs, { signal, progress }, onOutcome) => {
    await using file = await library.openSource(track, signal);
    const job = {
      source: { fd: file.handle.fd, path: file.path, sizeBytes: file.sizeBytes },
      limits,
      ffmpeg: await ffmpeg(),
      expectedSeconds: track.durationSeconds,
      calls: runs.map(({ agent, parameters, source }) => ({ agent: agent.name, parameters, engine: source.call })),
      requestId: currentRequestId() ?? newRequestId(),
      logLevel,
    };
    let decodedSeconds = 0;
    await pool.run(job, {
      signal,
      onProgress: (seconds) => {
        decodedSeconds = seconds;
        progress(share(seconds, track.durationSeconds), "measuring");
      },
      onOutcome: ({ call, result, failure, engineFailure, ...timing }) => {
        const run = runs[call];
        if (run === undefined) throw new Error(`outcome of call ${call}, which was not made`);
        const outcome = { ...timing, source: sourceOf(run, engineFailure) };
        if (result !== null) onOutcome({ run, ...outcome, result, failure: null });
        else if (failure !== null)
          onOutcome({ run, ...outcome, result, failure: new AppError(failure.kind, failure.message, failure) });
      },
    });
    await library.setDuration(track, decodedSeconds);
  };
}

function sourceOf({ source }: AgentRun, engineFailure: string | null): EngineChoice {
  if (engineFailure === null) return source;
  const name = source.model?.name ?? source.engine;
  return builtinChoice([`${name} failed, so Hark's own was used in its place: ${engineFailure}`]);
}

function share(doneSeconds: number, durationSeconds: number | null): number | null {
  return durationSeconds === null || durationSeconds <= 0 ? null : Math.min(1, doneSeconds / durationSeconds);
}
