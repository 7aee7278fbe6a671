/** `hark://sessions/{id}`: a conversation with what ran for it, and how long that took. */
import { AppError } from "../errors.ts";
import { sessionView } from "../tools/session-view.ts";
import type { Resource } from "./resource.ts";

const TURNS = 100;
const EXECUTIONS = 500;
const LISTED = 20;

export const sessionResource: Resource = {
  name: "session",
  title: "Session",
  description:
    "A conversation: its newest turns, the summary of older ones, and each run of a tool or model with latency.",
  uriTemplate: "hark://sessions/{id}",
  mimeType: "application/json",

  async read({ id = "" }, { services }) {
    const sessions = await services.sessions();
    const session = await sessions.find(id);
    if (session === null) {
      throw new AppError("not_found", `There is no session "${id.slice(0, 40)}". list_sessions shows those there are.`);
    }
    const [turns, executions] = await Promise.all([sessions.turns(id, TURNS), sessions.executions(id, EXECUTIONS)]);
    const { summary } = session;
    return {
      ...sessionView(session),
      expires_at: session.expiresAt.toISOString(),
      summary: summary === null ? null : { text: summary.text, covers_turns: summary.coversTurns },
      turn_log: turns.map((turn) => ({
        position: turn.position,
        track_id: turn.trackId,
        question: turn.question,
        answer: turn.answer,
        claims: turn.claims,
        model: turn.model,
        tools_called: turn.toolsCalled,
        cost_usd: turn.costUsd,
        created_at: turn.createdAt.toISOString(),
      })),
      executions: executions.map((execution) => ({
        kind: execution.kind,
        name: execution.name,
        started_at: execution.startedAt.toISOString(),
        duration_ms: execution.durationMs,
        success: execution.errorKind === null,
        error_kind: execution.errorKind,
        input_tokens: execution.inputTokens,
        output_tokens: execution.outputTokens,
        cost_usd: execution.costUsd,
      })),
    };
  },

  async list({ services }) {
    const { items } = await (await services.sessions()).list({ limit: LISTED });
    return items.map(({ id, title }) => ({ uri: `hark://sessions/${id}`, name: id, title }));
  },
};
