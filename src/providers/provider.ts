/** The contract of a provider: where an analysis comes from. Stored, measured now, or whichever is there. */
import type { Agent } from "../agents/agent.ts";
import type { EngineChoice } from "../engines/engine-choice.ts";
import type { Track } from "../storage/track-repository.ts";

export interface AnalysisRequest {
  readonly track: Track;
  readonly agent: Agent;
  /** Parsed by the agent's own schema; `{}` for the defaults. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What computes the features: `auto`, `builtin`, or one of the agent's engines; `auto` where left out. */
  readonly engine?: string | undefined;
}

export interface Analysis {
  /** As the agent's `output` describes it, series included. */
  readonly result: Readonly<Record<string, unknown>>;
  /** Whether it was read rather than measured for this request. */
  readonly cached: boolean;
  /** What was wrong with the file when it was measured, so that the result may be incomplete; null when nothing was. */
  readonly warning: string | null;
  /** What computed the features. */
  readonly source: EngineChoice;
  /** How long measuring took, when it was measured. */
  readonly durationMs: number;
  readonly createdAt: Date;
}

export interface ProviderCall {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Share done in [0, 1], or null while it cannot be known. */
  readonly progress: (share: number | null, message: string) => void;
}

export interface Provider {
  readonly name: "cached" | "live" | "cache-first";
  /**
   * The engine is chosen first; a stored result of another one is another result.
   * @throws AppError why an engine that was named cannot be used; whatever the analysis failed with; not_found when only stored results are wanted and there is none;
   *   cancelled after an abort.
   */
  analyse(request: AnalysisRequest, call: ProviderCall): Promise<Analysis>;
  /** Begins to measure what is missing of the default agents, in the background. Does nothing where nothing is stored. */
  prefetch(track: Track): void;
  /** Resolves when no background work is left. */
  settled(): Promise<void>;
  /** Stops background work and waits for its end. */
  close(): Promise<void>;
}
