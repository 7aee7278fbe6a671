/** What goes to an analysis thread and what comes back: plain data, as a message port copies it. */
import type { AudioLimits, AudioSource } from "../audio/decoder.ts";
import type { Ffmpeg } from "../audio/ffmpeg.ts";
import type { EngineCall } from "../engines/engine.ts";
import type { ErrorKind } from "../errors.ts";

export interface AgentCall {
  readonly agent: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What computes one of its features in place of Hark. */
  readonly engine?: EngineCall | null;
}

/** One pass over one file, for one or more agents. */
export interface AnalysisJob {
  readonly source: AudioSource;
  readonly limits: AudioLimits;
  /** What to decode with; null decodes without one. */
  readonly ffmpeg: Ffmpeg | null;
  /** How long the recording is as its headers say; null when they do not. */
  readonly expectedSeconds: number | null;
  /** In the order in which their results are wanted. */
  readonly calls: readonly AgentCall[];
  readonly requestId: string;
  readonly logLevel: string;
}

export interface Failure {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly dependsOnSettings: boolean;
}

/** One agent's end: a result, or why there is none. Durations count the pass up to this agent. */
export interface AgentOutcome {
  /** Index into the job's calls. */
  readonly call: number;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly failure: Failure | null;
  /** What was wrong with the file while it was decoded, so that the result may be incomplete. */
  readonly warning: string | null;
  /** Why the engine gave nothing, so that Hark itself computed what it should have; null where it was used, or none was wanted. */
  readonly engineFailure: string | null;
  readonly durationMs: number;
}

/** From the thread, while it works. */
export type ThreadMessage =
  | { readonly type: "progress"; readonly decodedSeconds: number }
  | { readonly type: "outcome"; readonly outcome: AgentOutcome };

/** To the thread: stop. */
export type StopMessage = { readonly type: "stop" };
