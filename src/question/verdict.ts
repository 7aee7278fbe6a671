/** What the evidence says to a claim. */
import { type NumberFact, type Place, pathText, type Scope } from "./fact.ts";

export interface Verdict {
  readonly status: "supported" | "unsupported" | "contradicted";
  readonly measured: number | string | null;
  readonly tool: string | null;
  readonly field: string | null;
  readonly fromSeconds: number | null;
  readonly toSeconds: number | null;
  readonly confidence: number | null;
}

export const UNSUPPORTED: Verdict = {
  status: "unsupported",
  measured: null,
  tool: null,
  field: null,
  fromSeconds: null,
  toSeconds: null,
  confidence: null,
};

interface Evidence {
  readonly scope: Scope;
  readonly place: Place;
  readonly raw: number | string;
  readonly confidence: number | null;
}

/** A verdict by one fact. @param measured where it is not the fact's own value: a difference, a unit converted. */
export function verdict(
  status: "supported" | "contradicted",
  fact: Evidence,
  measured: number | string = fact.raw,
): Verdict {
  return {
    status,
    measured,
    tool: fact.scope.tool,
    field: pathText(fact.place),
    fromSeconds: fact.scope.fromSeconds,
    toSeconds: fact.scope.toSeconds,
    confidence: fact.confidence,
  };
}

export const supportedBy = (fact: NumberFact): Verdict => verdict("supported", fact);
