/**
 * The contract of a tool: one capability. Its MCP tool, OpenAI function, REST endpoint and command are projections of
 * this definition; it knows nothing of any of them.
 */
import type { z } from "zod";
import type { Agent } from "../agents/agent.ts";
import type { Caller } from "../caller.ts";
import type { FileAccess } from "../files/file-access.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { OwnJobs } from "../jobs/own-jobs.ts";
import type { ModelService } from "../models/model-service.ts";
import type { Provider } from "../providers/provider.ts";
import type { OwnSessions } from "../sessions/session-store.ts";
import type { HealthCheck } from "../telemetry/health-check.ts";
import type { TrackLibrary } from "../tracks/track-library.ts";

export const TOOLSETS = ["analysis", "library", "system", "gateway", "question", "processing"] as const;

export type Toolset = (typeof TOOLSETS)[number];

/** What is shown where nothing is asked for: every tool costs each conversation tokens, and few need the others. */
export const DEFAULT_TOOLSETS: readonly Toolset[] = ["analysis", "library", "system"];

/** How a tool behaves, for clients that ask before they call (MCP's tool annotations). */
export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/** A pointer to more than fits into an answer. */
export interface ResourceLink {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly mimeType: string;
}

/** What a run gives: the value (checked against `output`), one short text for people, links to what was left out. */
export interface ToolAnswer<Value> {
  readonly value: Value;
  readonly text: string;
  readonly links?: readonly ResourceLink[];
}

/** Tells the caller how far a call is: a share in [0, 1], or null while it cannot be known, and a few words. */
export type ReportProgress = (share: number | null, message: string) => void;

/** What tools work with, as one caller may see it. */
export interface Services {
  readonly caller: Caller;
  readonly library: TrackLibrary;
  readonly provider: Provider;
  readonly agents: readonly Agent[];
  /** The caller's jobs. */
  readonly jobs: OwnJobs;
  readonly files: FileAccess;
  /** Opened by the first call that needs it. */
  readonly gateway: () => Promise<Gateway>;
  /** The caller's conversations. */
  readonly sessions: () => Promise<OwnSessions>;
  /** Audio models. */
  readonly models: ModelService;
  readonly checkHealth: () => Promise<HealthCheck[]>;
  /** Logs what went wrong on the way, where the call has an answer all the same. */
  readonly logFailure?: (error: unknown, what: string) => void;
  /** What is set, by environment variable. */
  readonly settings: readonly { readonly name: string; readonly value: string | null; readonly meaning: string }[];
}

/** One call. */
export interface CallContext {
  readonly services: Services;
  /** Aborted when the caller cancels or goes away; the work stops and the call rejects. */
  readonly signal: AbortSignal;
  readonly progress: ReportProgress;
  /** Told what the call waits for, where there are jobs: ids of jobs, or of the batch that they make. */
  readonly onJobs?: (ids: readonly string[]) => void;
}

export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  /** snake_case, unique. */
  readonly name: string;
  readonly title: string;
  /** What it does, in which units, and when to use it: read by models that choose between tools. */
  readonly description: string;
  readonly toolset: Toolset;
  readonly input: Input;
  readonly output: Output;
  readonly annotations: ToolAnnotations;
  run(input: z.output<Input>, context: CallContext): Promise<ToolAnswer<z.input<Output>>>;
}

/** Types a definition from its schemas. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  tool: Tool<Input, Output>,
): Tool<Input, Output> {
  return tool;
}

/** For tools that only look. */
export const READ_ONLY: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
