/** How a conversation looks on the wire. */
import { z } from "zod";
import type { Session } from "../sessions/session-store.ts";

export const SESSION_VIEW = z.object({
  session_id: z.string(),
  track_id: z.string().describe("Of the first question"),
  title: z.string().describe("The first question, cut"),
  turns: z.number().int(),
  created_at: z.string(),
  last_used_at: z.string(),
  cost_usd: z.number().describe("Of the turns whose cost is known"),
  turns_of_unknown_cost: z.number().int(),
});

export function sessionView(session: Session): z.output<typeof SESSION_VIEW> {
  return {
    session_id: session.id,
    track_id: session.trackId,
    title: session.title,
    turns: session.turns,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    cost_usd: session.costUsd,
    turns_of_unknown_cost: session.turnsOfUnknownCost,
  };
}
