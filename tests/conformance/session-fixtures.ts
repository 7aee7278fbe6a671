/** Log messages and subscriptions: deprecated or unused by Hark, but asked for by the conformance suite. */
import { setTimeout as sleep } from "node:timers/promises";
import type { McpServer, ServerContext } from "@modelcontextprotocol/server";

/** Adds them to a server. */
export function addSessionFixtures(server: McpServer): void {
  server.server.registerCapabilities({ logging: {}, resources: { subscribe: true } });
  addLogging(server);
  const subscriptions = new Set<string>();
  server.server.setRequestHandler("resources/subscribe", ({ params }) => {
    subscriptions.add(params.uri);
    return {};
  });
  server.server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    subscriptions.delete(params.uri);
    return {};
  });
}

function addLogging(server: McpServer): void {
  const log = async ({ mcpReq }: ServerContext) => {
    for (const words of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
      await mcpReq.log("info", words);
      await sleep(50);
    }
    return { content: [{ type: "text" as const, text: "Logged three messages." }] };
  };
  for (const name of ["test_tool_with_logging", "test_logging_tool"]) {
    server.registerTool(name, { description: "Logs while it works." }, log);
  }
}
