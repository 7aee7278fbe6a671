/** The form of models.yaml. Every field but the id is optional, so that a user's file says only what differs. */
import { basename } from "node:path";
import { z } from "zod";
import { AppError } from "../errors.ts";
import { ENCODINGS, TASKS } from "./model.ts";

const tokens = z.int().positive();
const usdPerMillion = z.number().nonnegative();
const price = z.union([
  usdPerMillion,
  z.strictObject({
    base: usdPerMillion,
    tiers: z.array(z.strictObject({ start: tokens, price: usdPerMillion })).min(1),
  }),
]);

const provider = z.strictObject({
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  key_variable: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .nullable()
    .optional(),
  local: z.boolean().optional(),
  price_source: z.string().nullable().optional(),
  token_factor: z.number().positive().optional(),
  token_error_percent: z.number().nonnegative().optional(),
  count_endpoint: z.enum(["anthropic", "gemini"]).nullable().optional(),
  output_limit_parameter: z.enum(["max_tokens", "max_completion_tokens"]).optional(),
  disabled: z.boolean().optional(),
});

const model = z.strictObject({
  id: z.string().regex(/^[\w.-]+\/\S+$/, "must be <provider>/<model>"),
  name: z.string().min(1).optional(),
  tools: z.boolean().optional(),
  streaming: z.boolean().optional(),
  audio: z.boolean().optional(),
  context_window_tokens: tokens.optional(),
  output_limit_tokens: tokens.nullable().optional(),
  tasks: z.array(z.enum(TASKS)).optional(),
  quality: z.int().min(1).max(5).optional(),
  encoding: z.enum(ENCODINGS).nullable().optional(),
  price: z.union([z.literal("free"), z.record(z.string().regex(/_mtok$/), price)]).optional(),
  parameters_with_tools: z.record(z.string(), z.unknown()).optional(),
  disabled: z.boolean().optional(),
});

const modelFile = z.strictObject({
  providers: z.record(z.string(), provider).default({}),
  models: z.array(model).default([]),
});

export type ModelFile = z.output<typeof modelFile>;

/** @throws AppError invalid_input that names the file and each wrong field. */
export async function parseModelFile(text: string, path: string): Promise<ModelFile> {
  // Imported here, because only the gateway's first use needs it.
  const { parse } = await import("yaml");
  let content: unknown;
  try {
    content = parse(text) ?? {};
  } catch (cause) {
    throw new AppError("invalid_input", `The model file ${basename(path)} is not YAML. Correct it or remove it.`, {
      cause,
    });
  }
  const parsed = modelFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  throw new AppError("invalid_input", `The model file ${basename(path)} does not fit its form. ${problems}.`);
}
