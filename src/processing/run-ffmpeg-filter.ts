/** One run of FFmpeg from a source to a file: killed on abort, with progress, and with what went wrong said in Hark's words. */
import { close, fstat, open } from "node:fs";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { type DecodeClock, limitError } from "../audio/decode-limits.ts";
import type { AudioSource } from "../audio/decoder.ts";
import { type FfmpegExit, ffmpegInput, startFfmpeg, wasStopped } from "../audio/ffmpeg-process.ts";
import { AppError } from "../errors.ts";
import type { OperationContext } from "./operation.ts";

export interface FfmpegRun {
  /** Before the source: where in it to begin and how much to read. */
  readonly inputOptions: readonly string[];
  /** WAV files of Hark's own in the context's folder, inputs 1 and on of the graph. */
  readonly extraInputs: readonly string[];
  /** From `[0:a:0]` to `[out]`. */
  readonly graph: string;
  readonly outputArguments: readonly string[];
  readonly outputPath: string;
  /** Of the output, to tell progress; null where it is not known. */
  readonly expectedSeconds: number | null;
  /** Name of the encoder in messages. */
  readonly encoderName: string;
}

export interface FfmpegOutcome {
  /** Length of what was written. */
  readonly seconds: number;
  /** Whether the decoder met damaged data. */
  readonly isDamaged: boolean;
}

/** Opens a file for the time of a call. @throws AppError not_found when it is not there any more. */
export async function withSource<Value>(path: string, use: (source: AudioSource) => Promise<Value>): Promise<Value> {
  const fd = await promisify(open)(path, "r").catch((cause: unknown) => {
    throw new AppError("not_found", "The recording's file is not there any more. Add it again.", { cause });
  });
  try {
    const { size } = await promisify(fstat)(fd);
    return await use({ fd, path, sizeBytes: size });
  } finally {
    await promisify(close)(fd);
  }
}

/**
 * Runs the graph over a source. What was written goes away when the run fails. @throws AppError invalid_input for a source that does
 * not decode, unavailable for a full disk and for encoders and filters that this FFmpeg has not; the signal's reason.
 */
export async function runFfmpegFilter(
  source: AudioSource,
  run: FfmpegRun,
  context: OperationContext,
  onShare: (share: number | null) => void,
): Promise<FfmpegOutcome> {
  const clock = timeLimit(run, context);
  const progress = new ProgressReader((seconds) => onShare(shareOf(seconds, run.expectedSeconds)));
  try {
    const child = startFfmpeg(context.ffmpeg, argumentsOf(run, source), source, clock.signal);
    child.stdout.setEncoding("utf8").on("data", (text: string) => progress.push(text));
    const exit = await child.exit;
    clock.signal.throwIfAborted();
    checkExit(exit, run, progress.seconds);
    return { seconds: progress.seconds, isDamaged: exit.stderr !== "" };
  } catch (error) {
    await rm(run.outputPath, { force: true });
    throw error;
  } finally {
    clock.release();
  }
}

/** A machine that codes slower than real time, after the limit of a decode, is stuck. */
function timeLimit({ expectedSeconds }: FfmpegRun, { limits, signal }: OperationContext): DecodeClock {
  const seconds = limits.maxDecodeSeconds + (expectedSeconds ?? 0);
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(limitError("Processing took too long", `${Math.round(seconds)} seconds`, "HARK_MAX_DECODE_SECONDS"));
  }, seconds * 1000).unref();
  return { signal: AbortSignal.any([signal, deadline.signal]), release: () => clearTimeout(timer) };
}

function argumentsOf(run: FfmpegRun, source: AudioSource): string[] {
  const quiet = ["-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-threads", "2", "-filter_threads", "2"];
  const progress = ["-progress", "pipe:1", "-stats_period", "0.25"];
  const extra = run.extraInputs.flatMap((path) => ["-protocol_whitelist", "file", "-f", "wav", "-i", `file:${path}`]);
  const bare = ["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"];
  return [
    ...quiet,
    ...progress,
    ...run.inputOptions,
    ...ffmpegInput(source),
    ...extra,
    ...["-filter_complex", run.graph, "-map", "[out]"],
    ...bare,
    ...run.outputArguments,
    `file:${run.outputPath}`,
  ];
}

function shareOf(seconds: number, expected: number | null): number | null {
  return expected === null || expected <= 0 ? null : Math.min(1, seconds / expected);
}

/** Reads FFmpeg's `-progress`: lines of `name=value`. */
class ProgressReader {
  seconds = 0;
  #rest = "";
  readonly #onSeconds: (seconds: number) => void;

  constructor(onSeconds: (seconds: number) => void) {
    this.#onSeconds = onSeconds;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const microseconds = /^out_time_us=(\d+)/.exec(line)?.[1];
      if (microseconds === undefined) continue;
      this.seconds = Number(microseconds) / 1e6;
      this.#onSeconds(this.seconds);
    }
  }
}

function checkExit(exit: FfmpegExit, { encoderName }: FfmpegRun, seconds: number): void {
  const { code, stderr, error } = exit;
  if (error !== null) {
    throw new AppError("unavailable", "FFmpeg could not be started. `hark doctor` shows more.", { cause: error });
  }
  // FFmpeg may end well although its last bytes were not written.
  if (isDiskFull(stderr) || exit.signal === "SIGXFSZ") throw diskFull({ cause: exit });
  if (/Unknown encoder|encoder .* (is experimental|not found)|Automatic encoder selection failed/i.test(stderr)) {
    const message = `This FFmpeg cannot write ${encoderName}. Install a full build of FFmpeg, or choose another format.`;
    throw new AppError("unavailable", message, { cause: exit });
  }
  const filter = /No such filter: '(\w+)'/.exec(stderr)?.[1];
  if (filter !== undefined) {
    throw new AppError("unavailable", `This FFmpeg lacks the filter ${filter}. Install a full build of FFmpeg.`, {
      cause: exit,
    });
  }
  if (wasStopped(exit)) {
    throw new AppError("unavailable", "FFmpeg was stopped from outside before it was done. Try again.", {
      cause: exit,
      mayPass: true,
    });
  }
  if (exit.signal !== null) {
    const message = "FFmpeg stopped unexpectedly on the file, which is probably damaged. Export it again and retry.";
    throw new AppError("invalid_input", message, { cause: exit });
  }
  if (code === 0 && seconds > 0) return;
  const message =
    code === 0
      ? "There are no samples to write: the source holds none, or nothing is left of it."
      : "FFmpeg could not process the file: it is damaged, or its format cannot be turned into the one asked for.";
  throw new AppError("invalid_input", message, { cause: exit });
}

function isDiskFull(stderr: string): boolean {
  return /No space left on device|File too large|Disk quota exceeded/i.test(stderr);
}

/** The error of a disk that takes no more. */
function diskFull(options: ErrorOptions): AppError {
  const message =
    "The disk is full: the output could not be written. Free some space, or set HARK_HOME to another disk.";
  return new AppError("unavailable", message, options);
}

/** What the file system threw, in Hark's words where the disk is full. */
export function storageError(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG" ? diskFull({ cause: error }) : error;
}
