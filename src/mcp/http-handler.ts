/** MCP over Streamable HTTP, every protocol version behind one endpoint. */
import { createMcpHandler, type McpServerFactory } from "@modelcontextprotocol/server";
import type { Logger } from "../telemetry/log.ts";
import { LegacySessions } from "./legacy-sessions.ts";

export interface McpHttpEndpoint {
  /** @param body The parsed JSON body of a POST; undefined for other methods. */
  fetch(request: Request, body: unknown): Promise<Response>;
  close(): Promise<void>;
}

/** The endpoint for a factory. Host and Origin are checked by the HTTP surface before anything comes here. */
export function createMcpHttpEndpoint(factory: McpServerFactory, logger: Logger): McpHttpEndpoint {
  const handler = createMcpHandler(factory, {
    onerror: (error) => logger.info({ err: error }, "mcp request rejected"),
  });
  const sessions = new LegacySessions(factory);
  return {
    fetch(request, body) {
      if (sessions.accepts(request, body)) return sessions.handle(request, body);
      return handler.fetch(request, { parsedBody: body });
    },
    async close() {
      await Promise.all([handler.close(), sessions.close()]);
    },
  };
}
