/** Speech recognition by a model on this machine, run by sherpa-onnx in a process of its own. */
import { readFile } from "node:fs/promises";
import { parseWavHeader } from "../audio/wav-header.ts";
import { AppError } from "../errors.ts";
import type { FoundModel } from "../models/model-library.ts";
import { SpeechChild, TooSlow } from "../models/speech-child.ts";
import type { SpeechOutput } from "../models/speech-message.ts";
import type { SpeechClip } from "./speech-clips.ts";
import { ClipFailure, type SpeechRecogniser } from "./speech-recogniser.ts";
import { tokenSegments } from "./token-words.ts";
import { WHISPER_LANGUAGES } from "./whisper-languages.ts";

const FULL_SCALE = 2 ** 15;
/** A process may die of something that passes, memory above all. */
const ATTEMPTS = 2;
/** While a network is loaded, its weights lie in memory up to three times: as read, as parsed, as laid out for the processor. */
const MEMORY_PER_FILE_BYTE = 3;
const LEAST_MEMORY_LIMIT_BYTES = 4 * 2 ** 30;

/** Opens the engine; the model is loaded with the first clip, and again when the process died. */
export function sherpaRecogniser(model: FoundModel): SpeechRecogniser {
  const { manifest } = model;
  const fileBytes = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const memoryLimitBytes = Math.max(LEAST_MEMORY_LIMIT_BYTES, MEMORY_PER_FILE_BYTE * fileBytes);
  const child = new SpeechChild({ memoryLimitBytes });
  /** The language that the model was loaded for; undefined before. */
  let loadedFor: string | null | undefined;

  async function attempt(samples: Float32Array, sampleRate: number, signal: AbortSignal): Promise<SpeechOutput> {
    for (let tried = 1; ; tried++) {
      try {
        return await child.recognise(samples, sampleRate, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof TooSlow) throw new ClipFailure(error);
        if (!(error instanceof AppError) || error.kind !== "internal") throw error;
        if (tried === ATTEMPTS) throw new ClipFailure(error);
      }
    }
  }

  return {
    engine: "sherpa",
    model: manifest.name,
    onlyLanguage: manifest.languages?.length === 1 ? manifest.languages[0] : null,
    notes: [],
    async recognise(clip, language, signal) {
      requireLanguage(model, language);
      if (loadedFor === undefined || loadedFor !== language) {
        await child.open(model, language, signal);
        loadedFor = language;
      }
      const { samples, sampleRate } = await clipSamples(clip);
      const output = await attempt(samples, sampleRate, signal);
      return { segments: tokenSegments(output, samples.length / sampleRate), language: heardLanguage(output) };
    },
    close: () => child.close(),
  };
}

/** @throws AppError invalid_input when the model does not know the language. */
function requireLanguage({ manifest }: FoundModel, language: string | null): void {
  if (language === null || knowsLanguage(manifest, language)) return;
  const known = manifest.languages?.join(", ") ?? "those of Whisper";
  const message = `${manifest.name} does not know the language "${language}". It knows ${known}. Choose another model, or leave the language out.`;
  throw new AppError("invalid_input", message);
}

/** Whether a manifest says so; without a word on languages, that it knows all. */
export function knowsLanguage({ languages, contract }: FoundModel["manifest"], language: string): boolean {
  if (languages !== undefined) return languages.includes(language);
  return contract !== "whisper" || WHISPER_LANGUAGES.has(language);
}

/** What the model says: `<|en|>` or `en`. */
function heardLanguage({ language }: SpeechOutput): string | null {
  const named = language.replaceAll(/[<|>]/g, "").trim();
  return named === "" ? null : named;
}

/** Clips are WAV files of 16 bits, mono, that this operation wrote. */
async function clipSamples({ path }: SpeechClip): Promise<{ samples: Float32Array; sampleRate: number }> {
  const bytes = await readFile(path);
  const header = parseWavHeader(bytes);
  if (header === null) throw new AppError("internal", "A clip of the recording could not be read again. Try again.");
  const view = new DataView(bytes.buffer, bytes.byteOffset + header.dataStart, bytes.length - header.dataStart);
  const samples = Float32Array.from(
    { length: view.byteLength >> 1 },
    (_, n) => view.getInt16(2 * n, true) / FULL_SCALE,
  );
  return { samples, sampleRate: header.sampleRate };
}
