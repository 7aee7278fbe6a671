/** `hark://models`: the language models that can be used, and those that would need something first. */
import type { Services } from "../tools/tool.ts";
import type { Resource } from "./resource.ts";

type Gateway = Awaited<ReturnType<Services["gateway"]>>;
type Model = Gateway["registry"]["models"][number];

export const modelsResource: Resource = {
  name: "models",
  title: "Language models",
  description: "The language models of models.yaml and of local servers: capabilities, prices, how their calls went.",
  uriTemplate: "hark://models",
  mimeType: "application/json",

  async read(_variables, { services }) {
    const gateway = await services.gateway();
    const [local, health] = await Promise.all([gateway.listLocalModels(), gateway.modelHealth()]);
    const view = async (model: Model) => {
      const { keyVariable } = model.provider;
      const hasKey = keyVariable === null || (await gateway.readKey(keyVariable)) !== null;
      const measured = health.get(model.id);
      return {
        ...modelView(model, gateway),
        available: hasKey,
        why_unavailable: hasKey ? null : `set ${keyVariable}`,
        first_token_ms: measured?.firstTokenMs ?? null,
        failure_share: measured?.failureShare ?? null,
        left_alone_until: measured?.openUntil?.toISOString() ?? null,
      };
    };
    return { models: await Promise.all([...gateway.registry.models, ...local].map(view)) };
  },
};

function modelView(model: Model, { priceUsage, usageOf }: Gateway) {
  const price = (tokens: Parameters<typeof usageOf>[0]) => {
    const { usd } = priceUsage(model, usageOf(tokens), new Date());
    return usd === null ? null : usd * 1000;
  };
  return {
    id: model.id,
    local: model.provider.isLocal,
    tools: model.tools,
    streaming: model.streaming,
    audio: model.audio,
    context_window_tokens: model.contextWindowTokens,
    output_limit_tokens: model.outputLimitTokens,
    tasks: model.tasks,
    quality: model.quality,
    // Of a thousand tokens, where prices are lowest: some rise with the length of the input.
    input_usd_per_million: price({ inputTokens: 1000 }),
    output_usd_per_million: price({ outputTokens: 1000 }),
  };
}
