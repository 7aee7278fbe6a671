import { expect, test } from "vitest";
import { AppError } from "../../src/errors.ts";
import type { ChatMessage } from "../../src/gateway/chat.ts";
import type { Conversation, ConversationTurn, Execution } from "../../src/question/conversation.ts";
import { ConversationRouter } from "../../src/question/conversation-router.ts";
import type { QuestionEvent } from "../../src/question/event.ts";
import { llmServer, textAnswer } from "../fixtures/llm-server.ts";
import { openTestStorage } from "../storage/test-database.ts";
import { modelAt, question, scriptedRouter } from "./scripted-router.ts";

const storage = await openTestStorage();

/** Keeps turns in an array. */
function conversation(values: Partial<Conversation> = {}) {
  const turns: ConversationTurn[] = [];
  const executions: Execution[] = [];
  const open: Conversation = {
    sessionId: "ses_1",
    history: async () =>
      turns.flatMap((turn): ChatMessage[] => [
        { role: "user", content: turn.question },
        { role: "assistant", content: turn.answer.full_response },
      ]),
    record: async (turn) => void turns.push(turn),
    log: (execution) => void executions.push(execution),
    ...values,
  };
  return { open, turns, executions };
}

async function run(
  url: string,
  opened: () => Promise<Conversation>,
  failures: unknown[] = [],
): Promise<QuestionEvent[]> {
  const router = new ConversationRouter({
    open: opened,
    router: (logExecution) => scriptedRouter(storage, [modelAt(url)], { logExecution }),
    onFailure: (error) => failures.push(error),
  });
  const events: QuestionEvent[] = [];
  for await (const event of router.events(question(), new AbortController().signal)) events.push(event);
  return events;
}

test("earlier turns stand before the question, and the answer is recorded with what it took", async () => {
  await using server = await llmServer([textAnswer(["First."]), textAnswer(["Second."])]);
  const { open, turns, executions } = conversation();
  await run(server.url, async () => open);
  const events = await run(server.url, async () => open);
  expect(events.at(-1)).toMatchObject({ type: "done", session_id: "ses_1" });
  expect(turns).toMatchObject([
    { question: "How fast is it?", trackId: "trk_1", answer: { full_response: "First." } },
    { answer: { full_response: "Second." } },
  ]);
  expect(executions.map(({ kind }) => kind)).toEqual(["model", "model"]);
  const sent = server.requests[1]?.body.messages?.map(({ role }) => role);
  expect(sent).toEqual(["system", "user", "assistant", "user"]);
});

test("a session that is not there is an error, and nobody is asked", async () => {
  await using server = await llmServer([textAnswer(["no"])]);
  const events = await run(server.url, () => Promise.reject(new AppError("not_found", "There is no session.")));
  expect(events).toEqual([{ type: "error", kind: "not_found", message: "There is no session." }]);
  expect(server.requests).toEqual([]);
});

test("a failed question is not recorded", async () => {
  await using server = await llmServer([{ status: 401 }]);
  const { open, turns, executions } = conversation();
  const events = await run(server.url, async () => open);
  expect(events.at(-1)).toMatchObject({ type: "error", kind: "unauthorised" });
  expect(turns).toEqual([]);
  expect(executions).toMatchObject([{ kind: "model", success: false, errorKind: "unauthorised" }]);
});

test("an answer that cannot be recorded is given all the same, and belongs to no session", async () => {
  await using server = await llmServer([textAnswer(["First."])]);
  const failures: unknown[] = [];
  const { open } = conversation({ record: () => Promise.reject(new Error("disk full")) });
  const events = await run(server.url, async () => open, failures);
  expect(events.at(-1)).toMatchObject({ type: "done", full_response: "First.", session_id: null });
  expect(failures).toHaveLength(1);
});
