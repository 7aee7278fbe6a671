/** What a model is told when its answer says something else than the tools measured. */

import type { Fence } from "../gateway/fence.ts";
import type { Claim } from "./claim.ts";

/** The message of the corrective turn; null when nothing is contradicted. */
export function correctionRequest(claims: readonly Claim[], fence: Fence): string | null {
  const wrong = claims.filter(({ status }) => status === "contradicted");
  if (wrong.length === 0) return null;
  const differences = wrong.map(
    ({ text, value, unit, measured, tool, field, from_seconds, to_seconds, confidence }) => ({
      you_wrote: text,
      value,
      unit,
      measured,
      tool,
      field,
      from_seconds,
      to_seconds,
      confidence,
    }),
  );
  return `A check of your answer against the results of the tools found that they measured something else:
${fence.enclose(differences)}
Write the whole answer again with what was measured. Call no tools, and do not mention this check.`;
}
