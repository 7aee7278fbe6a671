/** What goes to an operation's process and what comes back: plain data, as a pipe carries it. */
import type { AudioLimits } from "../audio/decoder.ts";
import type { Ffmpeg } from "../audio/ffmpeg.ts";
import type { ErrorKind } from "../errors.ts";
import type { ModelLibraryOptions } from "../models/model-library.ts";
import type { OutputFile, SourceFile } from "../processing/operation.ts";
import type { SpeechEndpoint } from "../processing/speech-endpoint.ts";

/** One run of one operation. */
export interface OperationTask {
  readonly operation: string;
  /** Another version of the operation must not run it. */
  readonly version: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly source: SourceFile;
  /** Empty. */
  readonly folder: string;
  readonly ffmpeg: Ffmpeg;
  readonly limits: AudioLimits;
  readonly models: ModelLibraryOptions;
  readonly speechEndpoint: SpeechEndpoint | undefined;
  readonly requestId: string;
  readonly logLevel: string;
}

export type ProcessRequest = { readonly type: "run"; readonly task: OperationTask } | { readonly type: "stop" };

export interface OperationSuccess {
  readonly value: Readonly<Record<string, unknown>>;
  readonly files: readonly OutputFile[];
}

export type ProcessMessage =
  | { readonly type: "progress"; readonly share: number | null; readonly message: string }
  | ({ readonly type: "done" } & OperationSuccess)
  | { readonly type: "failed"; readonly kind: ErrorKind; readonly message: string; readonly mayPass: boolean };
