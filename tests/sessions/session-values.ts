/** Turns and executions for tests. */
import type { Execution, NewTurn } from "../../src/sessions/session-store.ts";

export function turn(values: Partial<NewTurn> = {}): NewTurn {
  return {
    trackId: "trk_1",
    question: "What is the tempo?",
    answer: "120 BPM.",
    claims: { supported: 1, unsupported: 0, contradicted: 0 },
    model: "test/model",
    toolsCalled: [{ tool: "analyse_rhythm", success: true }],
    costUsd: 0.001,
    ...values,
  };
}

export function execution(values: Partial<Execution> = {}): Execution {
  return {
    kind: "tool",
    name: "analyse_rhythm",
    startedAt: new Date(Date.UTC(2026, 10, 21, 12)),
    durationMs: 12.5,
    errorKind: null,
    inputTokens: null,
    outputTokens: null,
    costUsd: null,
    ...values,
  };
}
