/** FFmpeg as a subprocess: an argument vector, never a shell; killed, not asked, when it is no longer wanted. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import type { Readable } from "node:stream";
import { AppError } from "../errors.ts";
import type { AudioSource } from "./decoder.ts";
import { reopen } from "./descriptor.ts";
import type { Ffmpeg } from "./ffmpeg.ts";

const STDERR_KEPT_CHARACTERS = 16_384;

/** The descriptor number under which a subprocess sees the source. */
const SOURCE_FD = 3;

/**
 * Demuxers of files that hold their own audio. Playlists and scripts that name other files or addresses (hls, dash, concat,
 * sdp, imf, image2, …) are left out, so such a file is refused whatever it is called. A name that an FFmpeg does not know
 * is harmless here.
 */
const DEMUXERS = `
  aa aac aax ac3 ac4 aiff alp amr amrnb amrwb ape aptx aptx_hd asf ast au avi avr bfstm brstm caf codec2 daud dfpwm dsf dss
  dts dtshd eac3 flac flv g722 g726 gsm iff ilbc ircam kvag lc3 loas matroska mlp mov mp3 mpc mpc8 mpeg mpegts msf mtaf mxf
  nut ogg oma osq paf pvf qcp qoa rm rso sbc shn sox svag swf tak truehd tta vag voc vpk vqf w64 wav wsd wtv wv wve xa xwma
`
  .trim()
  .replaceAll(/\s+/g, ",");

/** How a subprocess ended. `error` is set when it could not be started. */
export interface FfmpegExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr: upstream text, for logs and causes only. */
  readonly stderr: string;
  readonly error: Error | null;
}

/** FFmpeg catches the signals that ask it to stop, writes its output's end as if all were well, and ends with this code. */
const STOPPED_CODE = 255;
/** What is sent to a process for reasons that lie outside of it; other signals are its own crashes. */
const STOPPING_SIGNALS: readonly string[] = ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"];

/** Whether somebody ended it, or the system did for want of memory, so that what it wrote is not all. */
export function wasStopped({ code, signal }: Pick<FfmpegExit, "code" | "signal">): boolean {
  return code === STOPPED_CODE || (signal !== null && STOPPING_SIGNALS.includes(signal));
}

export interface FfmpegProcess {
  readonly stdout: Readable;
  /** Settles when the process is gone and its pipes are closed; never rejects. */
  readonly exit: Promise<FfmpegExit>;
  /** Kills the process if it still runs, and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Input arguments that read the opened source and nothing else: the file itself by descriptor where the system has
 * /dev/fd (the path is not opened again), only file and pipe protocols, only demuxers that hold their own audio.
 */
export function ffmpegInput(source: AudioSource): readonly string[] {
  const url = process.platform === "win32" ? `file:${source.path}` : `file:/dev/fd/${SOURCE_FD}`;
  return ["-protocol_whitelist", "file,pipe", "-format_whitelist", DEMUXERS, "-i", url];
}

/**
 * Starts FFmpeg on a source. Aborting the signal kills it. Its stdin is closed; stdout is read by the caller. A program that
 * cannot be started shows in `exit`. @param keptCharacters Of the end of what it writes to stderr. @throws AppError unavailable when there is no room for its pipes. @throws the signal's reason.
 */
export function startFfmpeg(
  ffmpeg: Ffmpeg,
  args: readonly string[],
  source: AudioSource,
  signal: AbortSignal,
  keptCharacters: number = STDERR_KEPT_CHARACTERS,
): FfmpegProcess {
  signal.throwIfAborted();
  const child = spawnOn(ffmpeg, args, source);
  let error: Error | null = null;
  child.once("error", (cause) => {
    error = cause;
  });
  const { stdout, stderr } = child;
  // Node leaves the pipes out, against its types, when no more files can be opened.
  if (!stdout || !stderr) {
    throw new AppError("unavailable", "FFmpeg could not be started: too many files are open. Try again in a moment.");
  }

  let errorText = "";
  stderr.setEncoding("utf8").on("data", (text: string) => {
    errorText = (errorText + text).slice(-keptCharacters);
  });
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  const exit = new Promise<FfmpegExit>((resolve) => {
    child.once("error", () => {
      if (child.pid === undefined) resolve({ code: null, signal: null, stderr: "", error });
    });
    child.once("close", (code, killedBy) => {
      resolve({ code, signal: killedBy, stderr: errorText, error });
    });
  }).finally(() => signal.removeEventListener("abort", kill));

  return {
    stdout,
    exit,
    async stop() {
      kill();
      stdout.destroy();
      await exit;
    },
  };
}

/**
 * Opening /dev/fd/3 gives a cursor of its own on Linux; elsewhere it shares the cursor with everyone who holds the
 * descriptor, so each process gets a descriptor of its own.
 */
function spawnOn(ffmpeg: Ffmpeg, args: readonly string[], source: AudioSource): ChildProcess {
  const start = (...inherited: number[]) =>
    // A group of its own, so that Ctrl-C at the terminal reaches Hark and not FFmpeg, which would take it for the end.
    spawn(ffmpeg.path, args, { stdio: ["ignore", "pipe", "pipe", ...inherited], windowsHide: true, detached: true });
  if (process.platform === "win32") return start();
  if (process.platform === "linux") return start(source.fd);
  const fd = reopen(source);
  try {
    return start(fd);
  } finally {
    closeSync(fd);
  }
}
