/** Models for tests, with servers of the tests' own. */
import type { Model, ModelProvider } from "../../src/gateway/model.ts";

/** A capable, cheap, remote model without a key; `values` change it. */
export function testModel(
  values: Partial<Omit<Model, "provider">> & { provider?: Partial<ModelProvider> } = {},
): Model {
  const { provider, ...fields } = values;
  return {
    id: "test/model",
    name: "model",
    tools: true,
    streaming: true,
    audio: false,
    contextWindowTokens: 100_000,
    outputLimitTokens: 10_000,
    tasks: ["question", "chat"],
    quality: 3,
    encoding: "o200k_base",
    price: { input_mtok: 1, output_mtok: 4 },
    parametersWithTools: {},
    ...fields,
    provider: {
      name: "test",
      baseUrl: "http://127.0.0.1:1/v1",
      keyVariable: null,
      isLocal: false,
      priceSource: null,
      tokenFactor: 1,
      tokenErrorPercent: 25,
      countEndpoint: null,
      outputLimitParameter: "max_tokens",
      ...provider,
    },
  };
}
