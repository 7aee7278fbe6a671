/**
 * The contract of an operation: one recording in, files out. It knows nothing of jobs, tools and storage: a job runs it in a folder
 * of its own, and what it leaves there becomes the result.
 */
import type { z } from "zod";
import type { AudioLimits } from "../audio/decoder.ts";
import type { Ffmpeg } from "../audio/ffmpeg.ts";
import type { AudioProbe } from "../audio/probe.ts";
import type { ModelLibrary } from "../models/model-library.ts";
import type { SpeechEndpoint } from "./speech-endpoint.ts";

export interface SourceFile {
  /** Read-only; it holds the bytes of the track while the operation runs. */
  readonly path: string;
  /** As the user knows it; untrusted text. */
  readonly filename: string;
  readonly probe: AudioProbe;
}

export interface OperationContext {
  readonly ffmpeg: Ffmpeg;
  readonly limits: AudioLimits;
  /** The models that may be used; without it, only what needs none. */
  readonly models?: ModelLibrary;
  /** The server that transcribes speech, where the settings name one. */
  readonly speechEndpoint?: SpeechEndpoint;
  /** Empty, on a disk with room; whatever is not named in the result is deleted after the run. */
  readonly folder: string;
  /** Aborted when the job is cancelled: the run rejects within 2 s and leaves no process behind. */
  readonly signal: AbortSignal;
  /** The share that is done, in [0, 1], or null while it cannot be known, and a few words. */
  readonly progress: (share: number | null, message: string) => void;
}

export interface OutputFile {
  /** What it is among the outputs: `vocals`, `converted`. */
  readonly role: string;
  /** Inside the context's folder. */
  readonly path: string;
  /** Proposed to the user: from the source's name, safe on every file system. */
  readonly filename: string;
  readonly mimeType: string;
}

export interface OperationResult<Value> {
  readonly value: Value;
  readonly files: readonly OutputFile[];
}

export interface Operation<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  /** snake_case, unique; the name of its tool too. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Raised when the same input and parameters give another result: part of what makes two jobs the same. */
  readonly version: number;
  /** The parameters; the recording and the place of outputs are not among them. */
  readonly input: Input;
  readonly output: Output;
  /**
   * Refuses parameters that no recording can have: contradictions, nothing to do. Runs before a job is made, so it reads nothing and takes no
   * time; `run` refuses them too. @throws AppError invalid_input.
   */
  check?(parameters: z.output<Input>): void;
  /** @throws AppError: invalid_input, unavailable (what is missing and how to get it), cancelled; others are internal. */
  run(
    source: SourceFile,
    parameters: z.output<Input>,
    context: OperationContext,
  ): Promise<OperationResult<z.input<Output>>>;
}

/** Types a definition from its schemas. */
export function defineOperation<Input extends z.ZodObject, Output extends z.ZodObject>(
  operation: Operation<Input, Output>,
): Operation<Input, Output> {
  return operation;
}
