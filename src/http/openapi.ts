/** The whole HTTP surface as one OpenAPI document: the tools, and the endpoints that are none. Serves nothing. */
import type { JsonSchema } from "../tools/json-schema.ts";
import { openApiDocument } from "../tools/projections.ts";
import type { Tool } from "../tools/tool.ts";
import { CHAT_PATHS } from "./chat-socket.ts";
import { FILE_PATHS } from "./files.ts";
import { GATEWAY_PATHS } from "./gateway.ts";
import { JOB_PATHS } from "./jobs.ts";
import { LLM_PATHS } from "./llm.ts";
import { QUESTION_PATHS } from "./questions.ts";
import { TRACK_PATHS } from "./tracks.ts";

/** Without a credential even where one is required. */
const OPEN = { security: [{}] };

const JSON_OBJECT = { description: "OK", content: { "application/json": { schema: { type: "object" } } } };

const MCP_MESSAGES = {
  description: "Messages of MCP, as JSON or as server-sent events",
  content: { "application/json": { schema: {} }, "text/event-stream": {} },
};

const SERVER_PATHS: JsonSchema = {
  "/v1/tools": { get: { operationId: "list_tools", summary: "Lists the tools", responses: { "200": JSON_OBJECT } } },
  "/mcp": {
    post: {
      operationId: "mcp",
      summary: "The Model Context Protocol over Streamable HTTP, every version: for MCP clients",
      requestBody: { required: true, content: { "application/json": { schema: {} } } },
      responses: { "200": MCP_MESSAGES, "202": { description: "Taken, and nothing to answer" } },
    },
    get: {
      operationId: "mcp_listen",
      summary: "What the server says by itself, in a session of a protocol version of 2025",
      responses: { "200": { description: "Events", content: { "text/event-stream": {} } } },
    },
    delete: {
      operationId: "mcp_leave",
      summary: "Ends a session of a protocol version of 2025",
      responses: { "200": { description: "Ended" } },
    },
  },
  "/health": {
    get: { ...OPEN, operationId: "health", summary: "Says that the server runs", responses: { "200": JSON_OBJECT } },
  },
  "/ready": {
    get: {
      operationId: "ready",
      summary: "Says whether all dependencies work, and with a credential of each",
      responses: { "200": JSON_OBJECT, "503": { ...JSON_OBJECT, description: "A dependency has failed" } },
    },
  },
  "/openapi.json": {
    get: { ...OPEN, operationId: "openapi", summary: "This document", responses: { "200": JSON_OBJECT } },
  },
  "/.well-known/oauth-protected-resource": metadata("protected_resource", "of the whole server"),
  "/.well-known/oauth-protected-resource/mcp": metadata("protected_resource_mcp", "of the MCP endpoint"),
};

function metadata(operationId: string, whose: string): JsonSchema {
  return {
    get: {
      ...OPEN,
      operationId,
      summary: `Names the authorisation servers ${whose} (RFC 9728), where there are any`,
      responses: { "200": JSON_OBJECT, "404": { description: "There are none" } },
    },
  };
}

/** What `/openapi.json` answers, for the tools that a server shows. */
export function serverDocument(tools: readonly Tool[], version: string): JsonSchema {
  return openApiDocument(tools, version, {
    ...SERVER_PATHS,
    ...TRACK_PATHS,
    ...JOB_PATHS,
    ...FILE_PATHS,
    ...CHAT_PATHS,
    ...QUESTION_PATHS,
    ...GATEWAY_PATHS,
    ...LLM_PATHS,
  });
}
