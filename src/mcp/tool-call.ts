/** One `tools/call`: from the SDK's request to Hark's runner, and from its answer or error to MCP's result. */
import { randomUUID } from "node:crypto";
import type { CallToolResult, ServerContext } from "@modelcontextprotocol/server";
import { AppError, toAppError } from "../errors.ts";
import { type Logger, withRequestId } from "../telemetry/log.ts";
import { runTool } from "../tools/run-tool.ts";
import type { ResourceLink, Services, Tool } from "../tools/tool.ts";
import { reportProgress } from "./progress.ts";

/** The largest answer, in characters: more would crowd a conversation, and some clients refuse it. */
const MAX_ANSWER_CHARACTERS = 20_000;

/** Runs the tool. Errors become results whose text begins with the kind; they have no structured content. */
export function callTool(
  tool: Tool,
  args: unknown,
  context: ServerContext,
  services: Services,
  logger: Logger,
): Promise<CallToolResult> {
  return withRequestId(randomUUID(), async () => {
    const { report, stop } = reportProgress(context);
    const startedAt = performance.now();
    try {
      const {
        value,
        text,
        links = [],
      } = await runTool(tool, args, { services, signal: context.mcpReq.signal, progress: report });
      refuseTooLarge(value, links);
      logger.info({ tool: tool.name, ms: performance.now() - startedAt }, "tool call");
      const linked = links.map((link) => ({ type: "resource_link" as const, ...link }));
      return { content: [{ type: "text" as const, text }, ...linked], structuredContent: value };
    } catch (error) {
      const { kind, message } = toAppError(error);
      logger[kind === "internal" ? "error" : "info"]({ tool: tool.name, kind, err: error }, "tool call failed");
      return { content: [{ type: "text" as const, text: `${kind}: ${message}` }], isError: true };
    } finally {
      stop();
    }
  });
}

/** @throws AppError invalid_input that says where the answer can be read in parts. */
function refuseTooLarge(value: unknown, links: readonly ResourceLink[]): void {
  const { length } = JSON.stringify(value);
  if (length <= MAX_ANSWER_CHARACTERS) return;
  const [link] = links;
  const where =
    link === undefined
      ? "Ask for less"
      : `Ask get_series for a part, read ${link.uri}?from=0&to=60 for a range of seconds, or ask for the summary`;
  throw new AppError(
    "invalid_input",
    `The answer has ${length} characters, and at most ${MAX_ANSWER_CHARACTERS} fit. ${where}.`,
  );
}
