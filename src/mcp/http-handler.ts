/** MCP over Streamable HTTP, every protocol version behind one endpoint. */
import { createMcpHandler, type McpServerFactory, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { Logger } from "../telemetry/log.ts";
import { LegacySessions } from "./legacy-sessions.ts";

export interface McpHttpEndpoint {
  /** @param body The parsed JSON body of a POST; undefined when it is not JSON, and for other methods. */
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
    async fetch(request, body) {
      if (request.method === "POST" && body === undefined) return parseError();
      if (sessions.accepts(request, body)) return sessions.handle(request, body);
      return handler.fetch(request, { parsedBody: body });
    },
    async close() {
      await Promise.all([handler.close(), sessions.close()]);
    },
  };
}

/** The body was read already and is not JSON, so nobody behind can answer. */
function parseError(): Response {
  const error = { code: ProtocolErrorCode.ParseError, message: "Parse error: the body is not JSON" };
  return Response.json({ jsonrpc: "2.0", id: null, error }, { status: 400 });
}
