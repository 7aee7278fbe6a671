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

/** Whether a value is an object, as schemas are. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
