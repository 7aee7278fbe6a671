/** Lists the caller's conversations, page by page. */
import { z } from "zod";
import { SESSION_VIEW, sessionView } from "./session-view.ts";
import { defineTool, READ_ONLY } from "./tool.ts";

export const listSessions = defineTool({
  name: "list_sessions",
  title: "List sessions",
  description: "Lists conversations about tracks, the latest activity first, a page at a time.",
  toolset: "question",
  input: z.strictObject({
    limit: z.int().min(1).max(50).default(20),
    cursor: z.string().max(500).describe("next_cursor of the page before").optional(),
  }),
  output: z.object({ sessions: z.array(SESSION_VIEW), next_cursor: z.string().nullable() }),
  annotations: READ_ONLY,

  async run(page, { services }) {
    const { items, nextCursor } = await (await services.sessions()).list(page);
    const text = `${items.length} sessions${nextCursor === null ? "" : "; more with next_cursor"}`;
    return { value: { sessions: items.map(sessionView), next_cursor: nextCursor }, text };
  },
});
