/** Lists the audio models. */
import { z } from "zod";
import { MODEL_VIEW, modelView } from "./model-view.ts";
import { defineTool, READ_ONLY } from "./tool.ts";

export const listModels = defineTool({
  name: "list_models",
  title: "List models",
  description: "Lists audio models: task, licence, size, cost, and whether each is installed or why not.",
  toolset: "processing",
  input: z.strictObject({ task: z.string().max(100).describe("Such as separate_stems").optional() }),
  output: z.object({
    models: z.array(MODEL_VIEW),
    problems: z.array(z.string()).describe("Manifests that cannot be used, and why"),
  }),
  annotations: READ_ONLY,

  async run({ task }, { services }) {
    const all = await services.models.list();
    const models = all.filter(({ manifest }) => task === undefined || manifest.task === task).map(modelView);
    const installed = models.filter(({ state }) => state === "installed").length;
    const problems = [...(await services.models.problems())];
    const counts =
      models.length === 0 ? "There are no such models." : `${models.length} models, ${installed} of them installed.`;
    return { value: { models, problems }, text: [counts, ...problems].join(" ") };
  },
});
