/** What the calls of models for one question took together, and what is left of its limit. */
import { AppError } from "../errors.ts";
import type { ChatEnd } from "../gateway/chat-service.ts";
import type { QuestionDone } from "./event.ts";

export class Spending {
  readonly #limitUsd: number | null;
  #usd = 0;
  #whyNull: string | null = null;
  #inputTokens = 0;
  #cachedTokens = 0;
  #outputTokens = 0;

  constructor(limitUsd: number | null) {
    this.#limitUsd = limitUsd;
  }

  add({ usage, cost, model }: ChatEnd): void {
    this.#inputTokens += usage.inputTokens;
    this.#cachedTokens += usage.cachedTokens;
    this.#outputTokens += usage.outputTokens;
    if (cost.usd === null) this.#whyNull ??= cost.whyNull ?? `The cost of a call of ${model} is not known.`;
    else this.#usd += cost.usd;
  }

  /** Counts a call that broke off after it had begun to answer: only the ledger knows what it cost. */
  addBrokenCall(): void {
    this.#whyNull ??= "A call broke off; what it cost is in the ledger (cost_report), not here.";
  }

  /** US dollars that the next call may cost; null without a limit. @throws AppError over_budget when more is spent, or an unknown amount. */
  leftUsd(): number | null {
    if (this.#limitUsd === null) return null;
    const leftUsd = this.#limitUsd - this.#usd;
    // With nothing left, models that cost nothing may go on.
    if (this.#whyNull === null && leftUsd >= 0) return leftUsd;
    const reason = this.#whyNull ?? "More is spent already.";
    const message = `This question may cost at most $${this.#limitUsd}. ${reason} Allow it more, or choose a cheaper model.`;
    throw new AppError("over_budget", message);
  }

  /** Says of an over_budget error what the question has spent already. */
  explain(error: AppError): AppError {
    if (error.kind !== "over_budget" || this.#usd === 0) return error;
    const message = `${error.message} The question itself has cost $${this.#usd.toPrecision(2)} so far.`;
    return new AppError("over_budget", message, { cause: error });
  }

  usage(): QuestionDone["usage"] {
    return {
      input_tokens: this.#inputTokens,
      cached_tokens: this.#cachedTokens,
      output_tokens: this.#outputTokens,
    };
  }

  cost(): QuestionDone["cost"] {
    return this.#whyNull === null ? { usd: this.#usd, why_null: null } : { usd: null, why_null: this.#whyNull };
  }
}
