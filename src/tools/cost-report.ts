/** What language models have cost, and what the budgets have left. */
import { z } from "zod";
import { defineTool, READ_ONLY } from "./tool.ts";

const MOST_ROWS = 50;
const DAY_MS = 86_400_000;

const TOTAL = { calls: z.number().int(), cost_usd: z.number(), calls_of_unknown_cost: z.number().int() };

export const costReport = defineTool({
  name: "cost_report",
  title: "Cost report",
  description: "What language models have cost, and what the budgets have left.",
  toolset: "gateway",
  input: z.strictObject({
    by: z.enum(["day", "model", "key", "session", "tool"]).default("model"),
    days: z
      .number()
      .refine((days) => days > 0, "must be above 0")
      .optional(),
  }),
  output: z.object({
    ...TOTAL,
    rows: z.array(z.object({ name: z.string().nullable(), ...TOTAL })),
    budgets: z.array(
      z.object({
        scope: z.string(),
        limit_usd: z.number(),
        spent_usd: z.number(),
        reserved_usd: z.number(),
        left_usd: z.number(),
      }),
    ),
  }),
  annotations: READ_ONLY,

  async run({ by, days }, { services }) {
    const gateway = await services.gateway();
    const since = days === undefined ? null : new Date(Date.now() - days * DAY_MS);
    const [total, rows, budgets] = await Promise.all([
      gateway.total(since),
      gateway.totals(by, since, MOST_ROWS),
      gateway.budgetStates(),
    ]);
    const wire = (sum: typeof total) => ({
      calls: sum.calls,
      cost_usd: sum.costUsd,
      calls_of_unknown_cost: sum.callsOfUnknownCost,
    });
    const value = {
      ...wire(total),
      rows: rows.map((row) => ({ name: row.name, ...wire(row) })),
      budgets: budgets.map((budget) => ({
        scope: budget.scope,
        limit_usd: budget.limitUsd,
        spent_usd: budget.settledUsd,
        reserved_usd: budget.reservedUsd,
        left_usd: budget.leftUsd,
      })),
    };
    const unknown = total.callsOfUnknownCost === 0 ? "" : ` and ${total.callsOfUnknownCost} calls of unknown cost`;
    return { value, text: `$${total.costUsd} in ${total.calls} calls${unknown}` };
  },
});
