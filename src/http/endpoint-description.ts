/** Endpoints as OpenAPI describes them, from the zod schemas that they use. */
import { z } from "zod";
import { isSchema, type JsonSchema, jsonSchema } from "../tools/json-schema.ts";

interface Endpoint {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** Names of the path's parameters. */
  readonly path?: readonly string[];
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** A body in another form. */
  readonly otherBodies?: Readonly<Record<string, JsonSchema>>;
  /** By status: what is answered as JSON, or in words what comes instead. */
  readonly answers: Readonly<Record<string, z.ZodObject | string>>;
  /** Media type of answers in words, and of the stream that may come instead of JSON. */
  readonly mediaType?: string;
}

/** An OpenAPI operation. */
export function describeEndpoint(endpoint: Endpoint): JsonSchema {
  const { operationId, summary, description, tag, path = [], query, body, otherBodies = {}, answers } = endpoint;
  const json = (schema: JsonSchema) => ({ "application/json": { schema } });
  const parameters = [
    ...path.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...(query === undefined ? [] : queryParameters(query)),
  ];
  const content = {
    ...Object.fromEntries(Object.entries(otherBodies).map(([type, schema]) => [type, { schema }])),
    ...(body === undefined ? {} : json(jsonSchema(body, "input"))),
  };
  const responses = Object.entries(answers).map(([status, answer]) => {
    const stream = endpoint.mediaType === undefined ? {} : { [endpoint.mediaType]: {} };
    if (answer instanceof z.ZodObject)
      return [status, { description: "OK", content: { ...json(jsonSchema(answer, "output")), ...stream } }];
    return [status, { description: answer, ...(Object.keys(stream).length === 0 ? {} : { content: stream }) }];
  });
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(Object.keys(content).length === 0 ? {} : { requestBody: { required: true, content } }),
    responses: { ...Object.fromEntries(responses), default: { $ref: "#/components/responses/Problem" } },
  };
}

function queryParameters(query: z.ZodObject): JsonSchema[] {
  const { properties, required } = jsonSchema(query, "input");
  return Object.entries(isSchema(properties) ? properties : {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: Array.isArray(required) && required.includes(name),
    schema,
  }));
}
