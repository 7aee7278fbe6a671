/** Between a stored row and an answer: its key, its reading, and how long a failure is believed. */
import type { EngineChoice } from "../engines/engine-choice.ts";
import { AppError, type ErrorKind } from "../errors.ts";
import type { AnalysisKey, StoredAnalysis } from "../storage/analysis-repository.ts";
import { parametersHash } from "../storage/parameters-hash.ts";
import type { Track } from "../storage/track-repository.ts";
import type { Analysis } from "./provider.ts";
import type { AgentRun } from "./run-pass.ts";

/**
 * How long a failure of each kind is believed, ms. What is not here is not stored: it says nothing about the recording
 * (a missing FFmpeg, a cancelled call). Nor is what another setting would have let pass.
 */
const FAILURE_TTL_MS: Partial<Record<ErrorKind, number>> = { invalid_input: 10 * 60_000, internal: 60_000 };

/** The row that holds an analysis: a new agent version, other parameters or another source are another row. */
export function analysisKey(track: Track, { agent, parameters, source }: AgentRun): AnalysisKey {
  return {
    trackId: track.id,
    agent: agent.name,
    agentVersion: agent.version,
    parametersHash: parametersHash(parameters),
    source: source.key,
  };
}

/** The answer that a row holds. @throws AppError the stored failure. */
export function readStored(stored: StoredAnalysis, source: EngineChoice): Analysis {
  if (stored.error !== null) throw new AppError(stored.error.kind, stored.error.message);
  const { result, warning, durationMs, createdAt } = stored;
  return { result, warning, source, cached: true, durationMs, createdAt };
}

/** When a failure stops being believed, or null when it is not to be stored at all. */
export function failureExpiry({ kind, dependsOnSettings }: AppError, now: Date): Date | null {
  const ttl = FAILURE_TTL_MS[kind];
  return ttl === undefined || dependsOnSettings ? null : new Date(now.getTime() + ttl);
}
