/** A claim: one measurable statement of an answer, with what the tools of this turn say to it. */
import { z } from "zod";

export const CLAIM = z.object({
  /** The words of the answer. */
  text: z.string(),
  kind: z.enum(["number", "key", "chord", "meter", "section"]),
  value: z.union([z.number(), z.string()]),
  unit: z.string().nullable(),
  status: z.enum(["supported", "unsupported", "contradicted"]),
  /** What the tools measured: the value itself where it supports the claim, else the one that contradicts it. */
  measured: z.union([z.number(), z.string()]).nullable(),
  tool: z.string().nullable(),
  /** Path in the tool's result: `tempo_bpm`, `sections[2].label`. */
  field: z.string().nullable(),
  from_seconds: z.number().nullable(),
  to_seconds: z.number().nullable(),
  /** That of the estimate, where the tool gives one. */
  confidence: z.number().nullable(),
});

export type Claim = z.output<typeof CLAIM>;

/** What a tool gave in this turn: the evidence that claims are checked against. */
export interface ToolEvidence {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Finds the claims of an answer and looks each of them up in the evidence. */
export type CheckAnswer = (answer: string, evidence: readonly ToolEvidence[]) => Claim[];
