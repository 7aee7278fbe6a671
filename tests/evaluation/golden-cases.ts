/** Golden cases of metrics: values from mir_eval's own fixtures, or derived by hand from its definitions. */
import { readFileSync } from "node:fs";
import type { z } from "zod";

/** Metrics must agree with mir_eval to this. */
export const AGREEMENT = 1e-6;

/** The cases of a file in golden/, of which there is at least one. */
export function goldenCases<Case extends z.ZodType>(file: string, schema: Case): z.output<Case>[] {
  const cases = schema.array().parse(JSON.parse(readFileSync(new URL(`golden/${file}`, import.meta.url), "utf8")));
  if (cases.length === 0) throw new Error(`golden/${file} holds no cases`);
  return cases;
}
