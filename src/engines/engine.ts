/**
 * The contract of a feature engine: a network that computes one feature in place of Hark's own arithmetic. It hears the same pass as the
 * features, runs in a process of its own, and leaves frames of the same form, so that agents stay pure functions and need not know.
 */
import type { FeatureFrames, FeatureName } from "../features/registry.ts";
import type { InferenceSession } from "../models/inference.ts";

/** A running engine. A push waits for the network, so that no more than a stretch of the recording is held. */
export interface EngineRun {
  /** Takes mono samples at the engine's rate, finite, in order. @throws AppError as the session does. */
  push(samples: Float32Array): Promise<void>;
  /**
   * The stream has ended: the frames that take the place of those that Hark computed. Called once.
   * @param own What Hark computed, for what the engine leaves as it is. @throws AppError as the session does.
   */
  finish(own: Partial<FeatureFrames>): Promise<Partial<FeatureFrames>>;
}

export interface FeatureEngine {
  /** snake_case, unique: what a caller asks for, and what results and manifests of models name. */
  readonly name: string;
  /** What it computes. */
  readonly feature: FeatureName;
  /** The task in the manifests of the models that it runs. */
  readonly task: string;
  /** Of the samples it takes, Hz. */
  readonly sampleRate: number;
  /** The network's; null for as many as there are cores. */
  readonly threads: number | null;
  /** Whether it was measured to be better than Hark's own (docs/models.md): then it is used wherever its model is installed. */
  readonly isPreferred: boolean;
  /** What every result by it should say of itself. */
  readonly notes: readonly string[];
  /** @throws AppError internal when the network has other inputs or outputs than expected. */
  open(session: InferenceSession): EngineRun;
}

/** An engine and the model that it runs: what an analysis is measured with. Plain data, which can go to a worker thread. */
export interface EngineCall {
  readonly engine: string;
  /** Of the model's only file. */
  readonly modelPath: string;
  /** Asked for by name: the analysis fails with it. Otherwise Hark's own takes its place. */
  readonly isRequired: boolean;
}
