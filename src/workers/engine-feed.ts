/** Feeds an engine with the pass of an analysis, and keeps its failures from the rest of the pass. */
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { joined } from "../dsp/joined.ts";
import type { EngineCall, EngineRun } from "../engines/engine.ts";
import { findEngine } from "../engines/registry.ts";
import { toAppError } from "../errors.ts";
import { finiteSamples } from "../features/finite-samples.ts";
import { openMonoSignal } from "../features/mono-signal.ts";
import type { FeatureFrames } from "../features/registry.ts";
import { InferenceChild } from "../models/inference-child.ts";
import type { Failure } from "./analysis-job.ts";

/** What an engine made of the recording, or why it made nothing. */
export type EngineOutcome =
  | { readonly frames: Partial<FeatureFrames>; readonly failure: null }
  | { readonly frames: null; readonly failure: Failure };

export interface EngineFeed {
  /** Resolves when the engine has taken it: a decoder that waits for that does not run ahead. @throws AppError cancelled. */
  push(block: AudioBlock): Promise<void>;
  finish(own: Partial<FeatureFrames>): Promise<EngineOutcome>;
  /** Ends its process. */
  close(): Promise<void>;
}

/** Loads the engine's model into a process of its own. A failure, here or later, is the outcome. @throws AppError cancelled. */
export async function openEngineFeed(call: EngineCall, format: AudioFormat, signal: AbortSignal): Promise<EngineFeed> {
  const { sampleRate, threads, open } = findEngine(call.engine);
  const runtime = new InferenceChild(threads === null ? {} : { threads });
  const samples = openSamples(format, sampleRate);
  let run: EngineRun | null = null;
  let failure: Failure | null = null;

  /** What fails is over: nothing is sent to a process that may have gone. */
  async function attempt<Value>(work: () => Promise<Value>): Promise<Value | null> {
    if (failure !== null) return null;
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const { kind, message, dependsOnSettings } = toAppError(error);
      failure = { kind, message, dependsOnSettings };
      await runtime.close();
      return null;
    }
  }

  await attempt(async () => {
    const [session] = await runtime.load([call.modelPath], signal);
    run = open(session);
  });
  return {
    async push(block) {
      await attempt(async () => run?.push(samples.push(block)));
    },
    async finish(own) {
      const frames = await attempt(async () => {
        await run?.push(samples.end());
        return run?.finish(own);
      });
      if (failure !== null) return { frames: null, failure };
      return { frames: frames ?? {}, failure: null };
    },
    close: () => runtime.close(),
  };
}

/** From blocks to mono samples at another rate, finite. */
function openSamples(format: AudioFormat, sampleRate: number) {
  const finite = finiteSamples.open(format);
  const mono = openMonoSignal(format, sampleRate);
  const collect = (run: (keep: (chunk: { samples: Float32Array; length: number }) => void) => void) => {
    const parts: Float32Array[] = [];
    run(({ samples, length }) => parts.push(samples.slice(0, length)));
    return joined(parts);
  };
  return {
    push: (block: AudioBlock) => collect((keep) => finite.push(block, (clean) => mono.push(clean, keep))),
    end: () => collect((keep) => mono.end(keep)),
  };
}
