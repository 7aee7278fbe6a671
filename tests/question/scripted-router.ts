/** A question router on the real gateway and a real database; the model is a scripted server, the tools are the tests' own. */

import { randomUUID } from "node:crypto";
import { LOCAL_CALLER } from "../../src/caller.ts";
import { chatService } from "../../src/gateway/chat-service.ts";
import type { Model } from "../../src/gateway/model.ts";
import { modelRouter } from "../../src/gateway/model-router.ts";
import { loadPrices } from "../../src/gateway/prices.ts";
import type { Question } from "../../src/question/base-router.ts";
import { checkAnswer } from "../../src/question/check-answer.ts";
import type { QuestionDone, QuestionEvent } from "../../src/question/event.ts";
import { QuestionRouter, type QuestionRouterOptions } from "../../src/question/question-router.ts";
import type { QuestionTool } from "../../src/question/question-tool.ts";
import type { BudgetLimits } from "../../src/storage/ledger-repository.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { testModel } from "../gateway/test-models.ts";

const priceUsage = await loadPrices();

type ModelValues = Partial<Omit<Model, "provider">> & { readonly provider?: Partial<Model["provider"]> };

/** Costs 1 USD for a million tokens of input and 4 for output, unless `values` say otherwise. */
export function modelAt(url: string, values: ModelValues = {}): Model {
  const { provider, ...fields } = values;
  return testModel({ id: `test/${randomUUID()}`, ...fields, provider: { baseUrl: url, ...provider } });
}

export interface ScriptedOptions extends Partial<Omit<QuestionRouterOptions, "gateway">> {
  readonly budgets?: BudgetLimits;
  readonly keyId?: string;
}

/** A router whose chats wait little between tries. */
export function scriptedRouter(storage: Storage, models: readonly Model[], options: ScriptedOptions = {}) {
  const { budgets = {}, keyId = randomUUID(), ...rest } = options;
  const find = (id: string) => models.find((model) => model.id === id) ?? testModel({ id });
  const shared = { readKey: async () => null, priceUsage, budgets, storage: async () => storage };
  const route = modelRouter({ ...shared, registry: { models, templates: [], find }, listLocalModels: async () => [] });
  const chat = chatService({ ...shared, route, silenceMs: 5000, backoffMs: { first: 5, longest: 500 } });
  return new QuestionRouter({
    gateway: { chat, caller: { owner: LOCAL_CALLER.owner, keyId, sessionId: null } },
    tools: [rhythm()],
    checkAnswer,
    ...rest,
  });
}

/** A tool that measures 112.05 BPM; `values` change it. */
export function rhythm(values: Partial<QuestionTool> = {}): QuestionTool {
  return {
    name: "analyse_rhythm",
    description: "Measures the tempo.",
    parameters: { type: "object", properties: { track_id: { type: "string" } }, required: ["track_id"] },
    run: async () => ({ track_id: "trk_1", tempo_bpm: 112.05, confidence: 0.93 }),
    ...values,
  };
}

export function question(values: Partial<Question> = {}): Question {
  return {
    text: "How fast is it?",
    trackId: "trk_1",
    history: [],
    sessionId: null,
    model: null,
    maxCostUsd: null,
    ...values,
  };
}

const never = new AbortController().signal;

/** All events of a question. */
export async function ask(
  router: QuestionRouter,
  asked: Partial<Question> = {},
  signal: AbortSignal = never,
): Promise<QuestionEvent[]> {
  const events: QuestionEvent[] = [];
  for await (const event of router.events(question(asked), signal)) events.push(event);
  return events;
}

export function tokensOf(events: readonly QuestionEvent[]): string {
  return events.map((event) => (event.type === "token" ? event.text : "")).join("");
}

/** The `done` that ends the events. */
export function doneOf(events: readonly QuestionEvent[]): QuestionDone {
  const last = events.at(-1);
  if (last?.type !== "done") throw new Error(`the answer ended with ${JSON.stringify(last)}`);
  return last;
}
