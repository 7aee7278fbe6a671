/** The question router of a caller: Hark's tools and models, the check of answers, and the conversation, put together here alone. */
import { AppError } from "../errors.ts";
import type { BaseRouter, Question } from "../question/base-router.ts";
import { checkAnswer } from "../question/check-answer.ts";
import { type Conversation, NO_CONVERSATION } from "../question/conversation.ts";
import { ConversationRouter } from "../question/conversation-router.ts";
import { QuestionRouter } from "../question/question-router.ts";
import { questionTools } from "./question-tools.ts";
import type { ReportProgress, Services, Tool } from "./tool.ts";

export interface QuestionRouterSetup {
  /** The catalogue; what of it a question may use is decided here. */
  readonly tools: readonly Tool[];
  readonly services: Services;
  /** Of the tools that a question runs. */
  readonly progress?: ReportProgress;
  /** Events say kind and message alone; this gets errors with their causes, for the log. `tool` is null where no tool failed. */
  readonly onFailure?: (error: unknown, tool: string | null) => void;
}

/** Opens the gateway; no model is called yet. @throws AppError invalid_input for a wrong models.yaml. */
export async function questionRouterFor(setup: QuestionRouterSetup): Promise<BaseRouter> {
  const { tools, services, progress = () => {}, onFailure = () => {} } = setup;
  const { chat } = await services.gateway();
  const gateway = { chat, caller: services.caller };
  const shared = { gateway, tools: questionTools(tools, services), checkAnswer, progress, onFailure };
  return new ConversationRouter({
    open: openConversation,
    router: (logExecution) => new QuestionRouter({ ...shared, logExecution }),
    onFailure,
  });
}

/** Nothing keeps sessions yet, so there is none to be found. */
async function openConversation({ sessionId }: Question): Promise<Conversation> {
  if (sessionId === null) return NO_CONVERSATION;
  const message = `There is no session "${sessionId.slice(0, 40)}". Leave session_id out to ask without earlier questions.`;
  throw new AppError("not_found", message);
}
