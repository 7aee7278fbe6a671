/** `hark://costs`: what language models have cost, by day and by model, and what the budgets have left. */
import { costReport } from "../tools/cost-report.ts";
import type { Resource } from "./resource.ts";

export const costsResource: Resource = {
  name: "costs",
  title: "Costs",
  description: "What language models have cost in USD, by day and by model, against the budgets.",
  uriTemplate: "hark://costs",
  mimeType: "application/json",

  async read(_variables, context) {
    const [byDay, byModel] = await Promise.all([
      costReport.run({ by: "day" }, context),
      costReport.run({ by: "model" }, context),
    ]);
    const { rows, ...report } = byDay.value;
    return { ...report, by_day: rows, by_model: byModel.value.rows };
  },
};
