/** How much a session holds, and the form in which its texts are stored: the same for every store. */
import { randomBytes } from "node:crypto";
import type { Execution, NewSession, NewTurn, Summary } from "../storage/session-repository.ts";
import { storableText } from "../storage/stored-json.ts";

/** The newest turns of a session; older ones are dropped, of executions ten times as many stay. */
export const KEPT_TURNS = 500;
export const KEPT_EXECUTIONS = 10 * KEPT_TURNS;
/** Expired sessions that are removed at once. */
export const SWEPT_AT_ONCE = 100;

const QUESTION_CHARACTERS = 8000;
const ANSWER_CHARACTERS = 40_000;
const SUMMARY_CHARACTERS = 8000;
const TITLE_CHARACTERS = 80;
const NAME_CHARACTERS = 200;
const TOOLS_OF_A_TURN = 100;
const CUT = "…";

/** `ses_` and 80 random bits: not to be guessed, and short enough for a model to repeat. */
export function newSessionId(): string {
  return `ses_${randomBytes(10).toString("hex")}`;
}

export function storableSession({ trackId, title }: NewSession): NewSession {
  return { trackId: name(trackId), title: cut(title.replace(/\s+/g, " ").trim(), TITLE_CHARACTERS) };
}

export function storableTurn(turn: NewTurn): NewTurn {
  return {
    trackId: name(turn.trackId),
    question: cut(turn.question, QUESTION_CHARACTERS),
    answer: cut(turn.answer, ANSWER_CHARACTERS),
    claims: turn.claims,
    model: name(turn.model),
    toolsCalled: turn.toolsCalled.slice(0, TOOLS_OF_A_TURN).map(({ tool, success }) => ({ tool: name(tool), success })),
    costUsd: turn.costUsd,
  };
}

export function storableSummary({ text, coversTurns }: Summary): Summary {
  return { text: cut(text, SUMMARY_CHARACTERS), coversTurns };
}

export function storableExecution(execution: Execution): Execution {
  return { ...execution, name: name(execution.name) };
}

function name(text: string): string {
  return cut(text, NAME_CHARACTERS);
}

/** At most so many UTF-16 units, without half a character at the end. */
function cut(text: string, most: number): string {
  const clean = storableText(text);
  if (clean.length <= most) return clean;
  return `${clean.slice(0, most - CUT.length).replace(/[\uD800-\uDBFF]$/, "")}${CUT}`;
}
