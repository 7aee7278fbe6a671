/** The catalogue as other systems want to see it: MCP tools, OpenAI functions, an OpenAPI document. */
import { ERROR_KINDS } from "../errors.ts";
import { isSchema, type JsonSchema, jsonSchema } from "./json-schema.ts";
import { scopeOf } from "./scopes.ts";
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
  return {
    type: "function",
    function: {
      name: tool.name,
      description: tool.description,
      strict: true,
      parameters: {
        type: "object",
        ...strictProperties(isSchema(properties) ? properties : {}, required),
      },
    },
  };
}

/** An OpenAPI 3.1 document with one operation a tool, and the further paths of the server that offers them. */
export function openApiDocument(tools: readonly Tool[], version: string, paths: JsonSchema): JsonSchema {
  return {
    openapi: "3.1.0",
    info: {
      title: "Hark",
      version,
      description: "Measures audio and says how sure it is.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: securityOf([]),
    paths: {
      ...Object.fromEntries(tools.map((tool) => [`/v1/tools/${tool.name}`, { post: operation(tool) }])),
      ...paths,
    },
    components: {
      schemas: { Problem: PROBLEM },
      responses: { Problem: problemResponse() },
      securitySchemes: SECURITY_SCHEMES,
    },
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

const SECURITY_SCHEMES: JsonSchema = {
  api_key: {
    type: "apiKey",
    in: "header",
    name: "X-API-Key",
    description: "hk_…, made by `hark keys create`; also as a bearer token.",
  },
  bearer: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "An API key, or a token whose `scope` names read, write, files or ask. WebSockets may have it in the query access_token.",
  },
};

/** The scopes that a credential needs; none at all (`{}`) is enough on this machine, unless HARK_AUTH=required. */
function securityOf(scopes: readonly string[]): readonly JsonSchema[] {
  return [{ api_key: scopes }, { bearer: scopes }, {}];
}

function operation(tool: Tool): JsonSchema {
  const json = (schema: JsonSchema) => ({ "application/json": { schema } });
  return {
    operationId: tool.name,
    summary: tool.title,
    description: tool.description,
    tags: [tool.toolset],
    security: securityOf([scopeOf(tool)]),
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
const STRICT_KEYWORDS = new Set(["type", "description", "enum", "const", "additionalProperties"]);

/** A schema with all that it holds; alternatives that exclude each other are told as alternatives, the only kind that strict mode knows. */
function strictSchema(schema: unknown): JsonSchema {
  if (!isSchema(schema)) return {};
  const { oneOf, properties, required, items, ...rest } = schema;
  const alternatives = [rest.anyOf, oneOf].find(Array.isArray)?.map(strictSchema);
  const kept = Object.fromEntries(Object.entries(rest).filter(([keyword]) => STRICT_KEYWORDS.has(keyword)));
  return {
    ...kept,
    ...(alternatives === undefined ? {} : { anyOf: alternatives }),
    ...(isSchema(items) ? { items: strictSchema(items) } : {}),
    ...(isSchema(properties) ? strictProperties(properties, required) : {}),
  };
}

/** Every property required, optional ones nullable, and no others. */
function strictProperties(properties: JsonSchema, required: unknown): JsonSchema {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const strict = strictSchema(schema);
    return [name, Array.isArray(required) && required.includes(name) ? strict : nullable(strict)];
  });
  return {
    properties: Object.fromEntries(fields),
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

function nullable(schema: JsonSchema): JsonSchema {
  const { type, enum: values, anyOf, description } = schema;
  if (Array.isArray(anyOf)) return { ...schema, anyOf: [...anyOf, { type: "null" }] };
  if ("const" in schema) {
    const { description: _moved, ...value } = schema;
    return { ...(description === undefined ? {} : { description }), anyOf: [value, { type: "null" }] };
  }
  return {
    ...schema,
    ...(typeof type === "string" ? { type: [type, "null"] } : {}),
    ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
  };
}
