/** What happens while a question is answered: typed unions that are the wire's format too. */
import { z } from "zod";
import { ERROR_KINDS } from "../errors.ts";
import { CLAIM } from "./claim.ts";

const TOOL_CALL = z.object({
  type: z.literal("tool_call"),
  tool: z.string(),
  arguments: z.record(z.string(), z.unknown()),
});

const TOOL_RESULT = z.object({ type: z.literal("tool_result"), tool: z.string(), success: z.boolean() });

const TOKEN = z.object({ type: z.literal("token"), text: z.string() });

const DONE = z.object({
  type: z.literal("done"),
  /** The whole answer; after a correction the corrected one. */
  full_response: z.string(),
  /** The answer as it was streamed before a correction. */
  corrected_from: z.string().nullable(),
  claims: z.array(CLAIM),
  tools_called: z.array(z.object({ tool: z.string(), success: z.boolean() })),
  /** Over all calls of models that the answer took. */
  usage: z.object({ input_tokens: z.number(), cached_tokens: z.number(), output_tokens: z.number() }),
  cost: z.object({ usd: z.number().nullable(), why_null: z.string().nullable() }),
  model: z.string(),
  session_id: z.string().nullable(),
});

const ERROR = z.object({ type: z.literal("error"), kind: z.enum(ERROR_KINDS), message: z.string() });

export const QUESTION_EVENT = z.discriminatedUnion("type", [TOOL_CALL, TOOL_RESULT, TOKEN, DONE, ERROR]);

export type QuestionEvent = z.output<typeof QUESTION_EVENT>;
export type QuestionDone = z.output<typeof DONE>;
