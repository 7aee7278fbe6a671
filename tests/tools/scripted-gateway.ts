/** The real gateway with one model, `mine/one`, at a server of the test's own. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gateway, openGateway } from "../../src/gateway/gateway.ts";
import type { Storage } from "../../src/storage/storage.ts";

const LOCAL_SERVERS = ["ollama", "lmstudio", "vllm", "mlx"];

/** A models.yaml in which only the server at `url` can be asked. It costs 1 USD for a million tokens of input, 4 for output. */
function scriptedModels(url: string): string {
  const locals = LOCAL_SERVERS.map((name) => `  ${name}: { disabled: true }\n`).join("");
  const price = "{ input_mtok: 1, output_mtok: 4 }";
  return (
    `providers:\n${locals}  mine: { base_url: "${url}" }\n` +
    `models:\n  - { id: mine/one, encoding: o200k_base, context_window_tokens: 100000, price: ${price} }\n`
  );
}

/** A folder with such a file, for processes: HARK_LLM_MODELS and XDG_CONFIG_HOME; no key of the user's is seen. */
export async function scriptedConfig(url: string) {
  const folder = await mkdtemp(join(tmpdir(), "hark-config-"));
  const modelsFile = join(folder, "models.yaml");
  await writeFile(modelsFile, scriptedModels(url));
  const noKeys = { OPENAI_API_KEY: "", ANTHROPIC_API_KEY: "", GEMINI_API_KEY: "", OPENROUTER_API_KEY: "" };
  return {
    modelsFile,
    environment: { HARK_LLM_MODELS: modelsFile, XDG_CONFIG_HOME: folder, ...noKeys },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

export async function scriptedGateway(url: string, storage: Storage): Promise<Gateway> {
  await using config = await scriptedConfig(url);
  const keysFile = `${config.modelsFile}.env`;
  // Awaited here: the folder goes when this returns.
  return await openGateway({
    modelsFile: config.modelsFile,
    keysFile,
    environment: {},
    budgets: {},
    storage: async () => storage,
  });
}
