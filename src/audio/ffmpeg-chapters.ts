/** Chapters that FFmpeg finds in a file which it does not decode. */
import { text } from "node:stream/consumers";
import type { Chapter } from "./chapters.ts";
import type { AudioSource } from "./decoder.ts";
import type { Ffmpeg } from "./ffmpeg.ts";
import { ffmpegInput, startFfmpeg } from "./ffmpeg-process.ts";

const TIMEOUT_MS = 10_000;

/** None where there are none or FFmpeg cannot read the file. @throws the signal's reason. */
export async function chaptersByFfmpeg(
  ffmpeg: Ffmpeg,
  source: AudioSource,
  signal: AbortSignal,
): Promise<readonly Chapter[]> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const args = ["-hide_banner", "-nostdin", "-v", "error", ...ffmpegInput(source), "-f", "ffmetadata", "pipe:1"];
  const child = startFfmpeg(ffmpeg, args, source, limited);
  const [written, { code }] = await Promise.all([text(child.stdout).catch(() => ""), child.exit]);
  signal.throwIfAborted();
  return code === 0 ? parseChapters(written) : [];
}

/** A line of its own: a backslash makes the next character plain, also the end of a line. */
const LINE = /((?:\\.|[^\\\n])+)(?:\n|$)/gs;

/** FFmpeg Formats Documentation, "Metadata": sections of `key=value`. */
function parseChapters(written: string): Chapter[] {
  const sections: Map<string, string>[] = [];
  for (const [, line = ""] of written.matchAll(LINE)) {
    const [, key = "", value = ""] = /^([^=]*)=(.*)$/s.exec(line) ?? [];
    if (line === "[CHAPTER]") sections.push(new Map());
    else sections.at(-1)?.set(key, value.replaceAll(/\\(.)/gs, "$1"));
  }
  return sections.map((fields) => {
    const [numerator = 1, denominator = 1] = (fields.get("TIMEBASE") ?? "1/1000000000").split("/").map(Number);
    const seconds = (name: string) => (Number(fields.get(name)) * numerator) / denominator;
    return { startSeconds: seconds("START"), endSeconds: seconds("END"), title: fields.get("title") ?? "" };
  });
}
