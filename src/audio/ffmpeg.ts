/** Where FFmpeg is on this machine. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { AppError } from "../errors.ts";

const VERSION_TIMEOUT_MS = 10_000;

/** A usable FFmpeg: a path (or the bare name, looked up in PATH at each start), its version and where it came from. */
export interface Ffmpeg {
  readonly path: string;
  readonly version: string;
  readonly source: "configured" | "package" | "path";
}

/**
 * The FFmpeg to use: the configured path, else the binary of the optional package ffmpeg-static, else `ffmpeg` in PATH;
 * null where there is none. Each candidate is started once with `-version`.
 * @throws AppError unavailable when a configured path does not start as FFmpeg: a wrong setting is never passed over.
 */
export async function findFfmpeg(configuredPath: string | null): Promise<Ffmpeg | null> {
  if (configuredPath !== null) return configuredFfmpeg(configuredPath);
  const packaged = packagedPath();
  if (packaged !== null && (await isExecutable(packaged))) {
    const version = await versionOf(packaged).catch(() => null);
    if (version !== null) return { path: packaged, version, source: "package" };
  }
  const version = await versionOf("ffmpeg").catch(() => null);
  return version === null ? null : { path: "ffmpeg", version, source: "path" };
}

/** Whether an FFmpeg has a filter, by its name. */
export async function hasFilter(ffmpeg: Ffmpeg, name: string): Promise<boolean> {
  const args = ["-hide_banner", "-h", `filter=${name}`];
  const options = { timeout: VERSION_TIMEOUT_MS, windowsHide: true };
  const { stdout } = await promisify(execFile)(ffmpeg.path, args, options).catch(() => ({ stdout: "" }));
  return stdout.startsWith(`Filter ${name}`);
}

async function configuredFfmpeg(path: string): Promise<Ffmpeg> {
  try {
    return { path, version: await versionOf(path), source: "configured" };
  } catch (cause) {
    const message =
      "FFMPEG_PATH does not lead to a program that starts as FFmpeg. Set it to the full path of an ffmpeg executable, " +
      "or unset it to use the one in PATH.";
    throw new AppError("unavailable", message, { cause });
  }
}

/** ffmpeg-static gives a path even where its download was skipped, so the file has to be checked. */
function packagedPath(): string | null {
  try {
    const path: unknown = createRequire(import.meta.url)("ffmpeg-static");
    return typeof path === "string" ? path : null;
  } catch {
    return null;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function versionOf(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ["-version"], { timeout: VERSION_TIMEOUT_MS, windowsHide: true });
  const version = /^ffmpeg version (\S+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error("The program answered -version, but not as FFmpeg does.");
  return version;
}
