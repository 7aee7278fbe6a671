/** Forgets a conversation. */
import { z } from "zod";
import { defineTool } from "./tool.ts";

export const forgetSession = defineTool({
  name: "forget_session",
  title: "Forget session",
  description:
    "Forgets a conversation: its questions, answers, summary and log. What it cost stays in the cost report.",
  toolset: "question",
  input: z.strictObject({ session_id: z.string().min(1).max(100) }),
  output: z.object({ session_id: z.string(), forgotten: z.boolean().describe("false: there was none") }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },

  async run({ session_id }, { services }) {
    const forgotten = await (await services.sessions()).forget(session_id);
    return {
      value: { session_id, forgotten },
      text: forgotten ? "Forgotten." : "There is no such session (any more).",
    };
  },
});
