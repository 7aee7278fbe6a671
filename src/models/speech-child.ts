/** Speech recognition by sherpa-onnx in a process of its own, which is killed when it must stop and may die of a bad model. */
import { createRequire } from "node:module";
import { AppError } from "../errors.ts";
import type { FoundModel } from "./model-library.ts";
import { ModelProcess, ProcessEnded, type ProcessLimits } from "./model-process.ts";
import { diarisationConfig, recogniserConfig } from "./sherpa-model.ts";
import type { SpeakerTurn, SpeechOutput, SpeechReply, SpeechRequest } from "./speech-message.ts";

/** Loading a gigabyte from a slow disk. */
const OPEN_TIMEOUT_MS = 300_000;
const BASE_TIMEOUT_MS = 60_000;
const TIMEOUT_MS_PER_AUDIO_SECOND = 30_000;
const DIARISATION_MS_PER_AUDIO_SECOND = 5_000;

interface Opened {
  readonly model: FoundModel;
  readonly config: object;
  /** The process that holds it. */
  readonly pid: number | null;
}

/** One process, one model at a time. */
export class SpeechChild {
  readonly #process: ModelProcess<SpeechRequest, SpeechReply>;
  #opened: Opened | null = null;

  constructor(limits: ProcessLimits = {}) {
    this.#process = new ModelProcess("speech-process", limits);
  }

  /** The process's id while there is one. */
  get pid(): number | null {
    return this.#process.pid;
  }

  /**
   * Loads a recogniser; the one before is forgotten. @param language ISO 639-1, or null to have it detected. @throws AppError unavailable
   * where sherpa-onnx is not installed or memory does not suffice, internal when it cannot load the model, cancelled.
   */
  async open(model: FoundModel, language: string | null, signal: AbortSignal): Promise<void> {
    const config = recogniserConfig(model, language);
    await this.#load(model, config, signal);
  }

  /** What is said in a clip, mono. After the process died, the model is loaded again. @throws AppError as `open`. */
  async recognise(samples: Float32Array, sampleRate: number, signal: AbortSignal): Promise<SpeechOutput> {
    if (this.#opened === null) throw new AppError("internal", "No recogniser was opened. Try again.");
    const { model, config, pid } = this.#opened;
    if (this.pid === null || this.pid !== pid) await this.#load(model, config, signal);
    const timeoutMs = BASE_TIMEOUT_MS + (TIMEOUT_MS_PER_AUDIO_SECOND * samples.length) / sampleRate;
    const reply = await this.#ask({ type: "recognise", samples, sampleRate }, model, timeoutMs, signal);
    if (reply.type !== "recognised") throw unexpected(reply, model);
    return reply.output;
  }

  /**
   * Who speaks when, by time. @param samplesPath Samples of float32, mono, 16 kHz. @param speakers Their number, or null where it is not
   * known. @throws AppError as `open`.
   */
  async diarise(
    model: FoundModel,
    { samplesPath, sampleRate, seconds }: { samplesPath: string; sampleRate: number; seconds: number },
    speakers: number | null,
    signal: AbortSignal,
  ): Promise<readonly SpeakerTurn[]> {
    const config = diarisationConfig(model, seconds, speakers);
    this.#opened = null;
    const timeoutMs = OPEN_TIMEOUT_MS + DIARISATION_MS_PER_AUDIO_SECOND * seconds;
    const reply = await this.#ask({ type: "diarise", config, samplesPath, sampleRate }, model, timeoutMs, signal);
    if (reply.type !== "diarised") throw unexpected(reply, model);
    return reply.turns;
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  async #load(model: FoundModel, config: object, signal: AbortSignal): Promise<void> {
    const reply = await this.#ask({ type: "open", config }, model, OPEN_TIMEOUT_MS, signal);
    if (reply.type !== "opened") throw unexpected(reply, model);
    this.#opened = { model, config, pid: this.pid };
  }

  async #ask(
    request: Parameters<ModelProcess<SpeechRequest, SpeechReply>["ask"]>[0],
    model: FoundModel,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<SpeechReply> {
    const limit = AbortSignal.timeout(Math.round(timeoutMs));
    try {
      return await this.#process.ask(request, AbortSignal.any([signal, limit]));
    } catch (error) {
      if (error instanceof ProcessEnded) throw died(model, error);
      if (limit.aborted && !signal.aborted) throw new TooSlow(model, error);
      throw error;
    }
  }
}

/** The model took longer than the time limit. */
export class TooSlow extends AppError {
  constructor({ manifest }: FoundModel, cause: unknown) {
    const message = `${manifest.name} took too long on this machine. Choose a smaller model, or try again when it is less busy.`;
    super("unavailable", message, { cause });
    this.name = "TooSlow";
  }
}

/** Whether the optional package is there, without loading it. */
export function hasSpeechRuntime(): boolean {
  try {
    createRequire(import.meta.url).resolve("sherpa-onnx-node");
    return true;
  } catch {
    return false;
  }
}

/** Says how to get sherpa-onnx. */
export function speechRuntimeMissing(): AppError {
  const message =
    "This needs sherpa-onnx, which is not installed, or has no build for this machine. Get it with `npm install sherpa-onnx-node@1.13.8` in Hark's folder (about 32 MB on disk).";
  return new AppError("unavailable", message);
}

function unexpected(reply: SpeechReply, model: FoundModel): AppError {
  if (reply.type === "missing") return speechRuntimeMissing();
  const cause = reply.type === "failed" ? new Error(reply.message) : undefined;
  const message =
    `${model.manifest.name} could not be loaded or run by sherpa-onnx: its files may be of another kind than its manifest says. ` +
    "Correct the manifest's contract, or choose another model.";
  return new AppError("internal", message, { cause });
}

function died(model: FoundModel, cause: ProcessEnded): AppError {
  const message =
    `sherpa-onnx ended while it worked with ${model.manifest.name}: the model's files are not what its contract expects, or the language ` +
    "is not one of the model's. Correct its manifest, get its files again, or choose another model.";
  return new AppError("internal", message, { cause });
}
