/** Runs in a worker thread: decodes a file once, extracts what all asked agents need, and runs them one by one. */
import type { MessagePort } from "node:worker_threads";
import { findAgent } from "../agents/registry.ts";
import { selectDecoder } from "../audio/decoder-selection.ts";
import { AppError, toAppError } from "../errors.ts";
import { openExtraction } from "../features/extraction.ts";
import type { FeatureFrames } from "../features/registry.ts";
import { createLogger, type Logger, withRequestId } from "../telemetry/log.ts";
import type { AgentCall, AgentOutcome, AnalysisJob, Failure, ThreadMessage } from "./analysis-job.ts";
import { type EngineFeed, type EngineOutcome, openEngineFeed } from "./engine-feed.ts";

export interface AnalysisTask {
  readonly job: AnalysisJob;
  readonly port: MessagePort;
}

/**
 * One pass. Results go to the port as they come; the returned failure says why the pass as a whole gave none. Errors are
 * returned, not thrown: a thrown one would lose its kind on the way between threads.
 */
export default async function analyse({ job, port }: AnalysisTask): Promise<Failure | null> {
  const logger = createLogger(job.logLevel);
  silenceConsole(logger);
  const stopping = new AbortController();
  port.on("message", () => stopping.abort(new AppError("cancelled", "The analysis was cancelled before it finished.")));
  try {
    return await withRequestId(job.requestId, () =>
      runPass(job, stopping.signal, (message) => port.postMessage(message), logger),
    );
  } finally {
    port.close();
  }
}

/** The WebAssembly decoders print to the console, and standard output belongs to the protocol. */
function silenceConsole(logger: Logger): void {
  const write = (...words: unknown[]) => logger.debug(words.map(String).join(" "));
  Object.assign(globalThis.console, { log: write, info: write, warn: write, error: write, debug: write });
}

async function runPass(
  job: AnalysisJob,
  signal: AbortSignal,
  send: (message: ThreadMessage) => void,
  logger: Logger,
): Promise<Failure | null> {
  const startedAt = performance.now();
  const feeds = new Map<string, EngineFeed>();
  try {
    const agents = job.calls.map((call) => findAgent(call.agent));
    const needs = [...new Set(agents.flatMap((agent) => agent.needs))];
    const decoding = await selectDecoder(job.ffmpeg).open(job.source, { limits: limitsOf(job), signal });
    const extraction = openExtraction(decoding.format, needs);
    for (const { engine } of job.calls) {
      if (engine && !feeds.has(engine.engine))
        feeds.set(engine.engine, await openEngineFeed(engine, decoding.format, signal));
    }
    let samples = 0;
    let reported = 0;
    for await (const block of decoding.blocks) {
      extraction.push(block);
      await Promise.all([...feeds.values()].map((feed) => feed.push(block)));
      samples += block.length;
      if (samples - reported < PROGRESS_SECONDS * decoding.format.sampleRate) continue;
      reported = samples;
      send({ type: "progress", decodedSeconds: samples / decoding.format.sampleRate });
    }
    if (samples > reported) send({ type: "progress", decodedSeconds: samples / decoding.format.sampleRate });
    signal.throwIfAborted();
    const warning = decodeWarning(decoding.isDamaged(), samples / decoding.format.sampleRate, job.expectedSeconds);
    const frames = extraction.finish();
    logger.debug({ decodedMs: performance.now() - startedAt, samples }, "decoded and extracted");
    const byEngine = await finishFeeds(feeds, frames, logger);
    for (const [call, agent] of agents.entries()) {
      const asked = job.calls[call];
      const { engineFailure, ...outcome } = runAgent(
        asked,
        (replaced) => agent.analyse({ ...frames, ...replaced }, agent.parameters.parse(asked.parameters)),
        byEngine,
        logger,
      );
      send({
        type: "outcome",
        outcome: { call, ...outcome, warning, engineFailure, durationMs: Math.round(performance.now() - startedAt) },
      });
    }
    return null;
  } catch (error) {
    return toFailure(error, logger);
  } finally {
    for (const feed of feeds.values()) await feed.close();
  }
}

/** What every engine made of the recording, by name. */
async function finishFeeds(
  feeds: ReadonlyMap<string, EngineFeed>,
  frames: Partial<FeatureFrames>,
  logger: Logger,
): Promise<ReadonlyMap<string, EngineOutcome>> {
  const outcomes = new Map<string, EngineOutcome>();
  for (const [name, feed] of feeds) {
    const outcome = await feed.finish(frames);
    if (outcome.failure !== null) logger.warn({ engine: name, reason: outcome.failure.message }, "an engine failed");
    outcomes.set(name, outcome);
  }
  return outcomes;
}

/** A decode that waits for a network may take longer than one that does not: seconds a second of the recording. */
const ENGINE_SECONDS = 4;

function limitsOf({ limits, calls, expectedSeconds }: AnalysisJob): AnalysisJob["limits"] {
  if (calls.every(({ engine }) => !engine)) return limits;
  const seconds = expectedSeconds ?? limits.maxDurationSeconds;
  return { ...limits, maxDecodeSeconds: limits.maxDecodeSeconds + ENGINE_SECONDS * seconds };
}

/** Progress is told after this much audio, and at the end. */
const PROGRESS_SECONDS = 1;

/** A header may round, or estimate from the bitrate; less than this share of what it says is worth saying. */
const MISSING_SHARE = 0.02;
const MISSING_SECONDS = 0.5;

function decodeWarning(isDamaged: boolean, seconds: number, expectedSeconds: number | null): string | null {
  const expected = expectedSeconds ?? 0;
  if (expected - seconds > Math.max(MISSING_SECONDS, MISSING_SHARE * expected)) {
    return `Only ${seconds.toFixed(2)} s could be decoded of the ${expected.toFixed(2)} s that the file's header states; the rest is missing or damaged.`;
  }
  return isDamaged ? "The file has damaged parts, which may be missing from what was measured." : null;
}

function runAgent(
  { engine }: AgentCall,
  analyse: (replaced: Partial<FeatureFrames>) => Record<string, unknown>,
  byEngine: ReadonlyMap<string, EngineOutcome>,
  logger: Logger,
): Pick<AgentOutcome, "result" | "failure" | "engineFailure"> {
  const made = engine ? byEngine.get(engine.engine) : undefined;
  if (engine?.isRequired === true && made?.failure) return { result: null, failure: made.failure, engineFailure: null };
  const engineFailure = made?.failure?.message ?? null;
  try {
    return { result: analyse(made?.frames ?? {}), failure: null, engineFailure };
  } catch (error) {
    return { result: null, failure: toFailure(error, logger), engineFailure };
  }
}

function toFailure(error: unknown, logger: Logger): Failure {
  const { kind, message, dependsOnSettings } = toAppError(error);
  logger[kind === "internal" ? "error" : "info"]({ err: error, kind }, "analysis failed");
  return { kind, message, dependsOnSettings };
}
