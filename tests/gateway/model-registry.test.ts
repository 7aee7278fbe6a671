import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModelRegistry } from "../../src/gateway/model-registry.ts";
import { providerKeys } from "../../src/gateway/provider-keys.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hark-models-"));
});

afterAll(() => rm(folder, { recursive: true }));

async function userFile(text: string): Promise<string> {
  const path = join(folder, "models.yaml");
  await writeFile(path, text);
  return path;
}

test("ships models of every provider, each with a quality, tasks and a way to its price", async () => {
  const { models, templates } = await loadModelRegistry(join(folder, "none.yaml"));
  const providers = [...models, ...templates].map((model) => model.provider.name);
  expect(new Set(providers)).toEqual(
    new Set(["openai", "anthropic", "gemini", "openrouter", "ollama", "lmstudio", "vllm", "mlx"]),
  );
  expect(models.length).toBeGreaterThan(10);
  for (const model of models) {
    expect(model.provider.keyVariable, model.id).toMatch(/_API_KEY$/);
    expect(model.provider.priceSource, model.id).not.toBeNull();
    expect(model.tasks.length, model.id).toBeGreaterThan(0);
  }
  for (const template of templates) expect(template.provider.isLocal, template.id).toBe(true);
});

test("a user's file changes, adds and removes, field by field", async () => {
  const path = await userFile(`
providers:
  ollama: { base_url: "http://studio:11434/v1/" }
  mine: { base_url: "https://llm.example/v1", key_variable: MY_KEY }
  openrouter: { disabled: true }
models:
  - id: openai/gpt-6-sol
    quality: 1
  - id: openai/gpt-6-astra
    disabled: true
  - id: mine/big
    price: { input_mtok: 1, output_mtok: 2 }
`);
  const registry = await loadModelRegistry(path);
  expect(registry.find("openai/gpt-6-sol")).toMatchObject({ quality: 1, contextWindowTokens: 1_050_000 });
  expect(() => registry.find("openai/gpt-6-astra")).toThrow(/There are: .*openai\/gpt-6-sol/);
  expect(registry.find("mine/big")).toMatchObject({ name: "big", provider: { keyVariable: "MY_KEY", isLocal: false } });
  expect(registry.find("ollama/qwen3:8b")).toMatchObject({
    name: "qwen3:8b",
    provider: { baseUrl: "http://studio:11434/v1", isLocal: true, keyVariable: null },
  });
  expect(registry.models.some((model) => model.provider.name === "openrouter")).toBe(false);
});

test.each([
  ["models: [{ id: gpt }]", /models\.yaml.*models\.0\.id.*<provider>\/<model>/],
  ["models: [{ id: openai/x, quality: 9 }]", /models\.0\.quality/],
  ["models: [{ id: openai/x, colour: red }]", /colour/],
  ["providers: { openai: { key_variable: sk-secret } }", /key_variable/],
  ["models: [{ id: nobody/x }]", /providers\.nobody\.base_url/],
  ["models: [", /not YAML/],
])("refuses %s and says what is wrong", async (text, message) => {
  const path = await userFile(text);
  await expect(loadModelRegistry(path)).rejects.toMatchObject({
    kind: "invalid_input",
    message: expect.stringMatching(message),
  });
});

test("an empty file changes nothing", async () => {
  const [without, empty] = await Promise.all(
    [join(folder, "none.yaml"), await userFile("# nothing yet\n")].map(loadModelRegistry),
  );
  expect(empty?.models).toEqual(without?.models);
});

test("keys come from the environment, else from the .env file, and are read when asked for", async () => {
  const envFile = join(folder, ".env");
  const readKey = providerKeys({ A_KEY: "from environment", EMPTY_KEY: "" }, envFile);
  expect(await readKey("B_KEY")).toBeNull();
  await writeFile(envFile, "# keys\nA_KEY=from file\nB_KEY='also from file'\nEMPTY_KEY=filled\n");
  expect(await readKey("A_KEY")).toBe("from environment");
  expect(await readKey("B_KEY")).toBe("also from file");
  expect(await readKey("EMPTY_KEY")).toBe("filled");
  expect(await readKey("NO_KEY")).toBeNull();
});
