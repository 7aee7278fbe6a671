/** The catalogue as other systems want to see it: MCP tools, OpenAI functions, an OpenAPI document. */
import { ERROR_KINDS } from "../errors.ts";
import { isSchema, type JsonSchema, jsonSchema } from "./json-schema.ts";
import type { Tool, ToolAnnotations } from "./tool.ts";

export interface McpTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema;
  readonly annotations: ToolAnnotations;
}

/**
 * As `tools/list` gives it. Of answers it says only that they are objects: a model reads the list in every conversation, and the
 * shape of answers was its largest cost (21,400 of 31,000 characters). The full schemas are in the OpenAPI document.
 */
export function mcpTool(tool: Tool): McpTool {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: jsonSchema(tool.input, "input"),
    outputSchema: { type: "object" },
    annotations: tool.annotations,
  };
}

/** As chat completion APIs take it, for strict function calling: every argument required, optional ones nullable. */
export function openAiFunction(tool: Tool): JsonSchema {
  const { properties, required } = jsonSchema(tool.input, "input");
  const fields = Object.entries(isSchema(properties) ? properties : {}).map(([name, schema]) => {
    const strict = strictSchema(schema);
    return [name, Array.isArray(required) && required.includes(name) ? strict : nullable(strict)];
  });
  return {
    type: "function",
    function: {
      name: tool.name,
      description: tool.description,
      strict: true,
      parameters: {
        type: "object",
        properties: Object.fromEntries(fields),
        required: fields.map(([name]) => name),
        additionalProperties: false,
      },
    },
  };
}

/** An OpenAPI 3.1 document with one operation a tool. */
export function openApiDocument(tools: readonly Tool[], version: string): JsonSchema {
  return {
    openapi: "3.1.0",
    info: {
      title: "Hark",
      version,
      description: "Measures audio and says how sure it is.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths: {
      ...Object.fromEntries(tools.map((tool) => [`/v1/tools/${tool.name}`, { post: operation(tool) }])),
      ...SERVER_PATHS,
    },
    components: { schemas: { Problem: PROBLEM }, responses: { Problem: problemResponse() } },
  };
}

/** An error as HTTP answers it (RFC 9457), with the kind as a further member. */
const PROBLEM: JsonSchema = {
  type: "object",
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    kind: { type: "string", enum: [...ERROR_KINDS] },
    request_id: { type: "string" },
  },
  required: ["type", "title", "status", "detail", "kind", "request_id"],
};

const JSON_OBJECT = { description: "OK", content: { "application/json": { schema: { type: "object" } } } };

/** A parameter that a signed link fills in. */
const linkPart = (place: "path" | "query", name: string) => ({
  name,
  in: place,
  required: true,
  schema: { type: "string" },
});
const BYTES = { content: { "application/octet-stream": {} } };

const SERVER_PATHS = {
  "/v1/files/{sha256}/{name}": {
    get: {
      operationId: "download_file",
      summary: "Downloads a file of a job by its download_url, whole or a range",
      parameters: [
        ...["sha256", "name"].map((name) => linkPart("path", name)),
        ...["expires", "signature"].map((name) => linkPart("query", name)),
      ],
      responses: {
        "200": { description: "The file", ...BYTES },
        "206": { description: "The range", ...BYTES },
        default: { $ref: "#/components/responses/Problem" },
      },
    },
  },
  "/v1/tools": { get: { operationId: "list_tools", summary: "Lists the tools", responses: { "200": JSON_OBJECT } } },
  "/health": {
    get: { operationId: "health", summary: "Says that the server runs", responses: { "200": JSON_OBJECT } },
  },
  "/ready": {
    get: {
      operationId: "ready",
      summary: "Says of each dependency whether it works",
      responses: { "200": JSON_OBJECT, "503": { ...JSON_OBJECT, description: "A dependency has failed" } },
    },
  },
};

function operation(tool: Tool): JsonSchema {
  const json = (schema: JsonSchema) => ({ "application/json": { schema } });
  return {
    operationId: tool.name,
    summary: tool.title,
    description: tool.description,
    tags: [tool.toolset],
    requestBody: { required: true, content: json(jsonSchema(tool.input, "input")) },
    responses: {
      "200": { description: "The answer", content: json(jsonSchema(tool.output, "output")) },
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

function problemResponse(): JsonSchema {
  return {
    description: "An error",
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
}

/** What strict mode knows; limits such as maxLength are checked by Hark anyway. */
const STRICT_KEYWORDS = new Set([
  "type",
  "description",
  "enum",
  "const",
  "items",
  "anyOf",
  "properties",
  "required",
  "additionalProperties",
]);

function strictSchema(schema: unknown): JsonSchema {
  return Object.fromEntries(
    Object.entries(isSchema(schema) ? schema : {}).filter(([keyword]) => STRICT_KEYWORDS.has(keyword)),
  );
}

function nullable(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  return {
    ...schema,
    ...(typeof type === "string" ? { type: [type, "null"] } : {}),
    ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
  };
}
