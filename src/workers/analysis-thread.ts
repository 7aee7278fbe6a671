/** Runs in a worker thread: decodes a file once, extracts what all asked agents need, and runs them one by one. */
import type { MessagePort } from "node:worker_threads";
import { findAgent } from "../agents/registry.ts";
import { selectDecoder } from "../audio/decoder-selection.ts";
import { AppError, toAppError } from "../errors.ts";
import { openExtraction } from "../features/extraction.ts";
import { createLogger, type Logger, withRequestId } from "../telemetry/log.ts";
import type { AgentOutcome, AnalysisJob, Failure, ThreadMessage } from "./analysis-job.ts";

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
  try {
    const agents = job.calls.map((call) => findAgent(call.agent));
    const needs = [...new Set(agents.flatMap((agent) => agent.needs))];
    const decoding = await selectDecoder(job.ffmpeg).open(job.source, { limits: job.limits, signal });
    const extraction = openExtraction(decoding.format, needs);
    let samples = 0;
    let reported = 0;
    for await (const block of decoding.blocks) {
      extraction.push(block);
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
    for (const [call, agent] of agents.entries()) {
      const outcome = runAgent(
        () => agent.analyse(frames, agent.parameters.parse(job.calls[call]?.parameters)),
        logger,
      );
      send({
        type: "outcome",
        outcome: { call, ...outcome, warning, durationMs: Math.round(performance.now() - startedAt) },
      });
    }
    return null;
  } catch (error) {
    return toFailure(error, logger);
  }
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

function runAgent(analyse: () => Record<string, unknown>, logger: Logger): Pick<AgentOutcome, "result" | "failure"> {
  try {
    return { result: analyse(), failure: null };
  } catch (error) {
    return { result: null, failure: toFailure(error, logger) };
  }
}

function toFailure(error: unknown, logger: Logger): Failure {
  const { kind, message, dependsOnSettings } = toAppError(error);
  logger[kind === "internal" ? "error" : "info"]({ err: error, kind }, "analysis failed");
  return { kind, message, dependsOnSettings };
}
