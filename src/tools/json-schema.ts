/** From zod to JSON Schema, without what only costs a reader tokens. */
import { z } from "zod";

export type JsonSchema = Record<string, unknown>;

/**
 * The JSON Schema (2020-12) of an object. The dialect's URI, bounds that merely say "safe integer", lengths
 * of texts (Hark checks them and says what was wrong) and `additionalProperties: false` of outputs are left out.
 */
export function jsonSchema(schema: z.ZodObject, io: "input" | "output"): JsonSchema {
  const { $schema: _dialect, ...converted } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema: node }) => {
      if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
      if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
      delete node.minLength;
      delete node.maxLength;
      if (io === "output") delete node.additionalProperties;
    },
  });
  return converted;
}

/**
 * A schema of an answer with only its outer shape: the fields that are always there, with their types. What objects and
 * lists hold, and fields that come only when asked for, are left open. Every answer that fits the full schema fits this
 * one. A list of tools is read by a model in every conversation, where the shape of answers is the largest cost.
 */
export function outerShape({ type, properties, required }: JsonSchema): JsonSchema {
  const fields = isSchema(properties) ? Object.entries(properties) : [];
  const always = fields.filter(([name]) => Array.isArray(required) && required.includes(name));
  return { type, properties: Object.fromEntries(always.map(([name, field]) => [name, outerType(field)])) };
}

function outerType(field: unknown): JsonSchema {
  const { type, anyOf } = isSchema(field) ? field : {};
  if (Array.isArray(anyOf)) return { type: anyOf.map((branch) => outerType(branch).type) };
  return type === undefined ? {} : { type };
}

/** Whether a value is an object, as schemas are. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
