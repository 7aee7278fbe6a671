/** A tool as a question router sees it: what the model is told of it, and how it is run. */
import type { ChatTool } from "../gateway/chat.ts";

/** How far the work of a tool is: a share in [0, 1], or null while it cannot be known, and a few words. */
export type ToolProgress = (share: number | null, message: string) => void;

export interface QuestionTool extends ChatTool {
  /** Runs on arguments as the model wrote them. @throws AppError, whose message the model reads as data. */
  run(args: unknown, signal: AbortSignal, progress: ToolProgress): Promise<Record<string, unknown>>;
}
