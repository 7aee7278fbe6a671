/** Answers a question about a track with a language model that measures, every value checked. */
import { z } from "zod";
import { toAppError } from "../errors.ts";
import type { CollectedAnswer } from "../question/base-router.ts";
import { CLAIM, type Claim } from "../question/claim.ts";
import { eventProgress } from "./event-progress.ts";
import { questionRouterFor } from "./question-router-for.ts";
import { defineTool, READ_ONLY, type ReportProgress, type Tool } from "./tool.ts";
import { TRACK_REFERENCE } from "./track-reference.ts";

/** Leaves room for the rest of an answer, which may have 20,000 characters: what was paid for must not be refused for its length. */
const MAX_CHARACTERS = 19_000;
const MAX_RESPONSE_CHARACTERS = 14_000;

const OUTPUT = z.object({
  response: z.string(),
  corrected: z.boolean().describe("Whether a first answer contradicted the measurements and was written again"),
  claims: z
    .array(CLAIM.pick({ text: true, status: true, measured: true, tool: true, field: true, confidence: true }))
    .describe("Every value of the response; what the tools do not support first"),
  claims_left_out: z.int(),
  tools_called: z.array(z.object({ tool: z.string(), success: z.boolean() })),
  usage: z.object({ input_tokens: z.number(), cached_tokens: z.number(), output_tokens: z.number() }),
  cost_usd: z.number().nullable(),
  why_cost_null: z.string().nullable(),
  model: z.string(),
  session_id: z.string().nullable(),
});

export type AskAnswer = z.output<typeof OUTPUT>;

/** @param tools What it may let the model use, of these. */
export function askTrack(tools: readonly Tool[]): Tool {
  return defineTool({
    name: "ask_track",
    title: "Ask about a track",
    description:
      "Answers a question about a track: a language model measures it with Hark's tools, and every value of the answer is checked. Costs money unless the model is local.",
    toolset: "question",
    input: z.strictObject({
      track_id: TRACK_REFERENCE,
      question: z.string().trim().min(1).max(8000),
      session_id: z.string().max(100).describe("To go on with a conversation").optional(),
      model: z.string().max(200).describe("By default route_model's choice").optional(),
      max_cost_usd: z
        .number()
        .refine((usd) => usd > 0, "must be above 0")
        .optional(),
    }),
    output: OUTPUT,
    annotations: { ...READ_ONLY, idempotentHint: false, openWorldHint: true },

    async run({ track_id, question, session_id, model, max_cost_usd }, { services, signal, progress }) {
      const track = await services.library.resolve(track_id, signal);
      let failure: unknown = null;
      const onFailure = (error: unknown, what: string | null) => {
        if (what === null) failure = error;
        else services.logFailure?.(error, what);
      };
      using events = eventProgress(progress);
      const work: ReportProgress = (_share, words) => events.reportWork(words);
      const router = await questionRouterFor({ tools, services, progress: work, onFailure });
      const asked = {
        text: question,
        trackId: track.id,
        history: [],
        sessionId: session_id ?? null,
        model: model ?? null,
        maxCostUsd: max_cost_usd ?? null,
      };
      const answer = await router
        .collect(asked, signal, (event) => events.report(event))
        .catch((error: unknown) => {
          // The event's error has lost its cause, which the log needs.
          throw toAppError(error).kind === "cancelled" ? error : (failure ?? error);
        });
      if (failure !== null) services.logFailure?.(failure, "a correction or the record of an answer");
      const value = askAnswer(answer);
      return { value, text: `${value.response}\n\n${describeCheck(answer.done.claims)}` };
    },
  });
}

/** The answer as it goes on the wire, as long as it may be. */
export function askAnswer({ response, tools_called, done }: CollectedAnswer): AskAnswer {
  const claims = [...done.claims].sort((a, b) => urgency(b) - urgency(a));
  const answer: AskAnswer = {
    response: shortened(response),
    corrected: done.corrected_from !== null,
    claims: claims.map(({ text, status, measured, tool, field, confidence }) => ({
      text,
      status,
      measured,
      tool,
      field,
      confidence,
    })),
    claims_left_out: 0,
    tools_called,
    usage: done.usage,
    cost_usd: done.cost.usd,
    why_cost_null: done.cost.why_null,
    model: done.model,
    session_id: done.session_id,
  };
  while (answer.claims.length > 0 && JSON.stringify(answer).length > MAX_CHARACTERS) {
    answer.claims.pop();
    answer.claims_left_out += 1;
  }
  return answer;
}

function urgency({ status }: Claim): number {
  return { contradicted: 2, unsupported: 1, supported: 0 }[status];
}

function shortened(response: string): string {
  if (response.length <= MAX_RESPONSE_CHARACTERS) return response;
  return `${response.slice(0, MAX_RESPONSE_CHARACTERS).toWellFormed()}… (cut from ${response.length} characters)`;
}

/** "Checked: 4 of 5 values measured; not measured: 3 dB." */
function describeCheck(claims: readonly Claim[]): string {
  if (claims.length === 0) return "Checked: it states no values.";
  const named = (status: Claim["status"]) => claims.filter((claim) => claim.status === status);
  const contradicted = named("contradicted").map(({ text, measured }) => `${text} (measured: ${measured})`);
  const unsupported = named("unsupported").map(({ text }) => text);
  const parts = [
    `Checked: ${named("supported").length} of ${claims.length} values measured`,
    ...(contradicted.length === 0 ? [] : [`contradicted: ${contradicted.join(", ")}`]),
    ...(unsupported.length === 0 ? [] : [`not measured: ${unsupported.join(", ")}`]),
  ];
  return `${parts.join("; ")}.`;
}
