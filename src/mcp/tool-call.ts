/** One `tools/call`: from the SDK's request to Hark's runner, and from its answer or error to MCP's result. */
import { randomUUID } from "node:crypto";
import type { CallToolResult, ServerContext } from "@modelcontextprotocol/server";
import { toAppError } from "../errors.ts";
import { type Logger, withRequestId } from "../telemetry/log.ts";
import { runTool } from "../tools/run-tool.ts";
import type { Services, Tool } from "../tools/tool.ts";
import { reportProgress } from "./progress.ts";

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
