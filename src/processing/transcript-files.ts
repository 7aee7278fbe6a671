/** A transcript as files: SRT, VTT, JSON, plain text. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { round } from "../agents/rounding.ts";
import type { OutputFile, SourceFile } from "./operation.ts";
import { outputName } from "./output-name.ts";
import type { RecognisedSegment, RecognisedWord } from "./speech-recogniser.ts";
import { plainText, srt, vtt } from "./transcript.ts";

interface About {
  readonly language: string | null;
  readonly engine: string;
  readonly model: string;
}

/** Times to the millisecond. */
export function timedOnWire({ text, startSeconds, endSeconds, confidence, speaker }: RecognisedWord) {
  return {
    text,
    start_seconds: round(startSeconds, 3) ?? 0,
    end_seconds: round(endSeconds, 3) ?? 0,
    confidence: confidence === null ? null : round(confidence, 3),
    ...(speaker === undefined ? {} : { speaker }),
  };
}

/** Writes them all into a folder. */
export async function writeTranscripts(
  segments: readonly RecognisedSegment[],
  { language, engine, model }: About,
  { filename }: SourceFile,
  folder: string,
): Promise<OutputFile[]> {
  const whole = {
    language,
    engine,
    model,
    segments: segments.map((segment) => ({ ...timedOnWire(segment), words: segment.words.map(timedOnWire) })),
  };
  const forms = [
    { extension: "srt", mimeType: "application/x-subrip", content: srt(segments) },
    { extension: "vtt", mimeType: "text/vtt", content: vtt(segments) },
    { extension: "json", mimeType: "application/json", content: `${JSON.stringify(whole, null, 1)}\n` },
    { extension: "txt", mimeType: "text/plain", content: plainText(segments) },
  ];
  const files: OutputFile[] = [];
  for (const { extension, mimeType, content } of forms) {
    const path = join(folder, `transcript.${extension}`);
    await writeFile(path, content, { flag: "wx" });
    files.push({ role: extension, path, filename: outputName(filename, " - transcript", extension), mimeType });
  }
  return files;
}
