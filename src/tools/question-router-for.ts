/** The question router of a caller: Hark's tools and models, the check of answers, and the conversation, put together here alone. */
import type { BaseRouter, Question } from "../question/base-router.ts";
import { checkAnswer } from "../question/check-answer.ts";
import type { Claim } from "../question/claim.ts";
import type { Conversation } from "../question/conversation.ts";
import { ConversationRouter } from "../question/conversation-router.ts";
import type { QuestionDone } from "../question/event.ts";
import { QuestionRouter } from "../question/question-router.ts";
import { openConversation as openStoredConversation } from "../sessions/conversation.ts";
import { questionTools } from "./question-tools.ts";
import type { ReportProgress, Services, Tool } from "./tool.ts";

type OnFailure = (error: unknown, tool: string | null) => void;

export interface QuestionRouterSetup {
  /** The catalogue; what of it a question may use is decided here. */
  readonly tools: readonly Tool[];
  readonly services: Services;
  /** Of the tools that a question runs. */
  readonly progress?: ReportProgress;
  /** Events say kind and message alone; this gets errors with their causes, for the log. `tool` is null where no tool failed. */
  readonly onFailure?: OnFailure;
}

/** Opens the gateway; no model is called yet. @throws AppError invalid_input for a wrong models.yaml. */
export async function questionRouterFor(setup: QuestionRouterSetup): Promise<BaseRouter> {
  const { tools, services, progress = () => {}, onFailure = () => {} } = setup;
  const gateway = await services.gateway();
  const shared = { gateway, tools: questionTools(tools, services), checkAnswer, progress, onFailure };
  return new ConversationRouter({
    open: (question) => openConversation(services, question, onFailure),
    router: (logExecution) => new QuestionRouter({ ...shared, logExecution }),
    onFailure,
  });
}

/** The conversation of a question, in the sessions of the caller. */
async function openConversation(services: Services, question: Question, onFailure: OnFailure): Promise<Conversation> {
  const { sessionId, trackId, text, model, maxCostUsd } = question;
  const [sessions, gateway] = await Promise.all([services.sessions(), services.gateway()]);
  const options = { sessions, gateway, sessionId, trackId, question: text, model, maxCostUsd };
  const conversation = await openStoredConversation(options);
  return {
    sessionId: conversation.sessionId,
    history: conversation.history,
    record: ({ question: asked, answer }) => conversation.record({ question: asked, ...turnOf(answer) }),
    // Nobody waits for the log.
    log: ({ success: _, ...execution }) => void conversation.log(execution).catch((error) => onFailure(error, null)),
  };
}

function turnOf({ full_response, claims, model, tools_called, cost }: QuestionDone) {
  const count = (status: Claim["status"]) => claims.filter((claim) => claim.status === status).length;
  return {
    answer: full_response,
    claims: {
      supported: count("supported"),
      unsupported: count("unsupported"),
      contradicted: count("contradicted"),
    },
    model,
    toolsCalled: tools_called,
    costUsd: cost.usd,
  };
}
