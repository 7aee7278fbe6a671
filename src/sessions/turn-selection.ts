/** Which turns of a conversation a model is told word for word, and which only in a summary. */
import type { CountText } from "../gateway/encoder.ts";
import type { Turn } from "./session-store.ts";

/** So many turns stay word for word when older ones are summarised. */
const RECENT_TURNS = 6;
/** A summary is made when so many more have come, so that not every question costs one. */
const SUMMARISED_AT_ONCE = 4;
/** Most tokens (o200k_base) of all that is told word for word. */
const HISTORY_TOKENS = 4000;
/** When that is exceeded, so much stays, so that a summary lasts for a while. */
const KEPT_TOKENS = HISTORY_TOKENS / 2;
/** Of one turn; both together are less than what is kept, so that the newest turn always is. */
const QUESTION_TOKENS = 400;
const ANSWER_TOKENS = 800;
/** Roles, separators and the mark of the track. */
const FRAMING_TOKENS = 40;
const CUT = " … [cut]";

export interface TurnSelection {
  /** All that fits, oldest first. */
  readonly fitting: readonly Turn[];
  /** Whether some of the turns do not fit. */
  readonly overflows: boolean;
  /** What stays after a summary, oldest first. */
  readonly kept: readonly Turn[];
}

/** Chooses among turns, oldest first. The newest one is always chosen, cut where it is too long. */
export function selectTurns(turns: readonly Turn[], count: CountText): TurnSelection {
  const fitting = newestWithin(turns, RECENT_TURNS + SUMMARISED_AT_ONCE - 1, HISTORY_TOKENS, count);
  const kept = newestWithin(turns, RECENT_TURNS, KEPT_TOKENS, count);
  return { fitting, kept, overflows: fitting.length < turns.length };
}

/** The newest turns within a number of turns and of tokens, oldest first, each of them cut where it is too long. */
export function newestWithin(turns: readonly Turn[], most: number, tokens: number, count: CountText): readonly Turn[] {
  const chosen: Turn[] = [];
  let left = tokens;
  for (const turn of turns.slice(-most).reverse()) {
    const question = cutToTokens(turn.question, QUESTION_TOKENS, count);
    const answer = cutToTokens(turn.answer, ANSWER_TOKENS, count);
    left -= count(question) + count(answer) + FRAMING_TOKENS;
    if (left < 0) break;
    chosen.push({ ...turn, question, answer });
  }
  return chosen.reverse();
}

/** The beginning of a text that has at most so many tokens, marked as cut. */
export function cutToTokens(text: string, most: number, count: CountText): string {
  if (count(text) <= most) return text;
  const room = most - count(CUT);
  let short = text;
  for (let tokens = count(short); tokens > room; tokens = count(short)) {
    short = short.slice(0, Math.floor((short.length * room * 0.95) / tokens)).replace(/[\uD800-\uDBFF]$/, "");
  }
  return `${short}${CUT}`;
}
