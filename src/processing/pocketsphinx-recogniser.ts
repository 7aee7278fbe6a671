/** Speech recognition by Debian's program `pocketsphinx_continuous`: English, poor, but on this machine and without a download. */
import { spawn } from "node:child_process";
import { access, constants, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { parseWavHeader } from "../audio/wav-header.ts";
import { AppError } from "../errors.ts";
import {
  ClipFailure,
  type RecognisedSegment,
  type RecognisedWord,
  type SpeechRecogniser,
} from "./speech-recogniser.ts";

const PROGRAM = "pocketsphinx_continuous";
const BASE_TIMEOUT_MS = 30_000;
const TIMEOUT_MS_PER_AUDIO_SECOND = 10_000;
const WORD = /^(\S+) (\d+\.\d+) (\d+\.\d+) (\d+\.\d+)$/;
/** `<s>`, `<sil>`, `[NOISE]`, `++UM++`: no words. */
const FILLER = /^[<[+]/;

/** The program's path, or null where it is not installed. @param searchPath As PATH. */
export async function findPocketsphinx(searchPath: string): Promise<string | null> {
  for (const folder of searchPath.split(delimiter).filter((entry) => entry !== "")) {
    const path = join(folder, PROGRAM);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}

/** @throws AppError invalid_input for another language. */
export function requireEnglish(language: string | null): void {
  if (language === null || language === "en") return;
  throw new AppError("invalid_input", `PocketSphinx knows English only, not "${language}". Use language en.`);
}

/** Opens the engine; each clip runs in a process of its own, which is killed when it is cancelled or takes too long. */
export function pocketsphinxRecogniser(program: string, notes: readonly string[] = []): SpeechRecogniser {
  return {
    engine: "pocketsphinx",
    model: "pocketsphinx en-us",
    onlyLanguage: "en",
    notes: [
      "PocketSphinx knows English only and gets many words wrong: good for finding a topic, not for quoting. For a good transcript get a " +
        "model (hark models pull whisper-base), or set HARK_STT_URL to a server that speaks OpenAI's /v1/audio/transcriptions.",
      ...notes,
    ],
    async recognise(clip, language, signal) {
      requireEnglish(language);
      const seconds = clip.endSeconds - clip.startSeconds;
      const timeoutMs = BASE_TIMEOUT_MS + TIMEOUT_MS_PER_AUDIO_SECOND * seconds;
      // The program takes the samples of a .wav file from byte 44 on, whatever its header says, and refuses most.
      const samplesPath = `${clip.path}.raw`;
      const bytes = await readFile(clip.path);
      await writeFile(samplesPath, bytes.subarray(parseWavHeader(bytes)?.dataStart ?? 0));
      const output = await runProgram(program, samplesPath, timeoutMs, signal);
      await rm(samplesPath);
      return { segments: parsedOutput(output), language: null };
    },
    close: async () => {},
  };
}

async function runProgram(program: string, path: string, timeoutMs: number, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.timeout(Math.round(timeoutMs));
  const child = spawn(program, ["-infile", path, "-time", "yes", "-logfn", "/dev/null"], {
    stdio: ["ignore", "pipe", "ignore"],
    signal: AbortSignal.any([signal, limit]),
    killSignal: "SIGKILL",
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  try {
    const [output, code] = await Promise.all([readText(child.stdout), ended]);
    if (code === 0) return output;
    throw new Error(`${PROGRAM} ended with ${code}`);
  } catch (cause) {
    signal.throwIfAborted();
    if (limit.aborted) {
      const message = "PocketSphinx took too long for a part of the recording. Try again on a less busy machine.";
      throw new ClipFailure(new AppError("unavailable", message, { cause }));
    }
    const message =
      "PocketSphinx could not be run. Install it with its English model: apt-get install pocketsphinx pocketsphinx-en-us.";
    throw new ClipFailure(new AppError("unavailable", message, { cause }));
  }
}

/** An utterance is a line of text, and then a line a word: the word with the number of its pronunciation, begin, end, probability. */
function parsedOutput(output: string): RecognisedSegment[] {
  const utterances: RecognisedWord[][] = [];
  for (const line of output.split("\n")) {
    const match = WORD.exec(line.trim());
    if (match === null) {
      if (line.trim() !== "") utterances.push([]);
      continue;
    }
    const [, word, start, end, probability] = match;
    if (FILLER.test(word)) continue;
    const text = word.replace(/\(\d+\)$/, "");
    const confidence = Math.min(1, Number(probability));
    utterances.at(-1)?.push({ text, startSeconds: Number(start), endSeconds: Number(end), confidence });
  }
  return utterances.flatMap((words) => {
    if (words.length === 0) return [];
    const mean = words.reduce((sum, { confidence }) => sum + (confidence ?? 0), 0) / words.length;
    const text = words.map((word) => word.text).join(" ");
    return [
      {
        text,
        startSeconds: words[0].startSeconds,
        endSeconds: words[words.length - 1].endSeconds,
        confidence: mean,
        words,
      },
    ];
  });
}
