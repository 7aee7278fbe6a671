/** Converts a file to FLAC in a process of its own, whose limits a test sets, and prints how it went. */
import { closeSync, openSync, statSync } from "node:fs";
import { findFfmpeg } from "../../src/audio/ffmpeg.ts";
import { probe } from "../../src/audio/probe.ts";
import { toAppError } from "../../src/errors.ts";
import { convertAudio } from "../../src/processing/convert-audio.ts";

// Otherwise a file that grows too large ends the process instead of the write.
process.on("SIGXFSZ", () => {});

const LIMITS = { maxFileBytes: 1e9, maxDurationSeconds: 3600, maxChannels: 8, maxDecodeSeconds: 60 };
const [path = "", folder = ""] = process.argv.slice(2);
const ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH ?? null);
if (ffmpeg === null) throw new Error("There is no FFmpeg.");
const { signal } = new AbortController();
const fd = openSync(path, "r");
const found = await probe({ fd, path, sizeBytes: statSync(path).size }, ffmpeg, signal);
closeSync(fd);
const context = { ffmpeg, limits: LIMITS, folder, signal, progress: () => {} };
try {
  const parameters = convertAudio.input.parse({ format: "flac" });
  await convertAudio.run({ path, filename: "source.flac", probe: found }, parameters, context);
  console.log("converted");
} catch (error) {
  const { kind, message } = toAppError(error);
  console.log(`${kind}: ${message}`);
}
