/** MCP over Streamable HTTP, every protocol version behind one endpoint. */
import { type AuthInfo, createMcpHandler, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { Caller } from "../caller.ts";
import type { Logger } from "../telemetry/log.ts";
import { LegacySessions } from "./legacy-sessions.ts";
import type { MakeMcpServer } from "./server-factory.ts";

export interface McpHttpEndpoint {
  /**
   * @param body The parsed JSON body of a POST; undefined when it is not JSON, and for other methods.
   * @param caller Whom the server that answers works for.
   */
  fetch(request: Request, body: unknown, caller: Caller): Promise<Response>;
  close(): Promise<void>;
}

/** The endpoint for a factory. Host, Origin and credentials are checked by the HTTP surface before anything comes here. */
export function createMcpHttpEndpoint(makeServer: MakeMcpServer, logger: Logger): McpHttpEndpoint {
  // The SDK hands on what it was given with a request as it is; its own fields have no place for a caller.
  const callers = new WeakMap<AuthInfo, Caller>();
  const factory = ({ authInfo }: { authInfo?: AuthInfo }) => {
    const caller = authInfo && callers.get(authInfo);
    if (caller === undefined) throw new Error("a request came without its caller");
    return makeServer(caller);
  };
  const handler = createMcpHandler(factory, {
    onerror: (error) => logger.info({ err: error }, "mcp request rejected"),
  });
  const sessions = new LegacySessions(makeServer);
  return {
    async fetch(request, body, caller) {
      if (request.method === "POST" && body === undefined) return parseError();
      if (sessions.accepts(request, body)) return sessions.handle(request, body, caller);
      const authInfo: AuthInfo = { token: "", clientId: caller.keyId, scopes: [...caller.scopes] };
      callers.set(authInfo, caller);
      return handler.fetch(request, { parsedBody: body, authInfo });
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
