/** The gateway on the command line: real processes on a real database, with no key but one of the test's own. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../storage/test-database.ts";
import { runHark } from "./run-hark.ts";

const { databaseUrl, home } = await createTestDatabase();
let configFolder = "";

beforeAll(async () => {
  configFolder = await mkdtemp(join(tmpdir(), "hark-config-"));
});

afterAll(() => rm(configFolder, { recursive: true }));

const hark = (...args: string[]) => harkWith({ OPENAI_API_KEY: "none" }, ...args);

const harkWith = (environment: Readonly<Record<string, string>>, ...args: string[]) =>
  runHark(args, {
    home,
    environment: {
      DATABASE_URL: databaseUrl,
      XDG_CONFIG_HOME: configFolder,
      OPENAI_API_KEY: "",
      ANTHROPIC_API_KEY: "",
      GEMINI_API_KEY: "",
      OPENROUTER_API_KEY: "",
      ...environment,
    },
  });

test("the tools of the gateway are commands without being asked for", async () => {
  const { code, stdout } = await hark("analyze_cost", "openai/gpt-4.1", "1000000", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ cost_usd: 2, source: "genai-prices" });
});

test("choices are stored, and scored again under other weights", async () => {
  const { stdout } = await hark("route_model", "2000", "--json");
  const { route_id, model } = JSON.parse(stdout);
  expect(route_id).toMatch(/^rte_/);
  const replayed = await hark("routes", "replay", "--weights", "quality=9,cost=0,latency=0", "--json");
  expect(JSON.parse(replayed.stdout)).toMatchObject({
    decisions: 1,
    changed: [{ id: route_id, chosen: model, would_choose: "openai/gpt-6-astra" }],
    expected_usd: { made: expect.any(Number), replayed: expect.any(Number) },
  });
  expect((await hark("routes", "replay")).stdout).toMatch(/decisions +1/);
});

test("wrong weights are explained", async () => {
  for (const [weights, message] of [
    ["speed=1", /cost, latency, quality, task, health, local/],
    ["cost=-1", /a number from 0/],
    ["cost", /"cost"/],
  ] as const) {
    const { code, stderr } = await hark("routes", "replay", "--weights", weights);
    expect(code, weights).toBe(2);
    expect(stderr).toMatch(message);
  }
  expect((await hark("routes", "forget")).code).toBe(2);
});

describe("the doctor", () => {
  const modelsFile = () => join(configFolder, "own-models.yaml");
  const locals = ["ollama", "lmstudio", "vllm", "mlx"].map((name) => `  ${name}: { disabled: true }\n`).join("");

  async function examine(models: string, environment: Readonly<Record<string, string>>) {
    await writeFile(modelsFile(), models);
    const { code, stdout, stderr } = await harkWith(
      { HARK_LLM_MODELS: modelsFile(), ...environment },
      "doctor",
      "--json",
    );
    expect(code, stderr).toBe(0);
    const { checks } = JSON.parse(stdout);
    return { stdout, check: checks.find(({ name }: { name: string }) => name === "language models") };
  }

  test("names the providers that have a key, and no key", async () => {
    const keys = { OPENAI_API_KEY: "sk-first", MINE_API_KEY: "sk-second" };
    const mine =
      '  mine: { base_url: "https://llm.example.org", key_variable: MINE_API_KEY }\nmodels: [{ id: mine/one }]';
    const { stdout, check } = await examine(`providers:\n${locals}${mine}`, keys);
    expect(check).toMatchObject({ status: "ok", detail: "Language models can be asked of openai, mine", remedy: null });
    expect(stdout).not.toMatch(/sk-(first|second)/);
  });

  test("says that none is set up, and that measuring needs none", async () => {
    const { check } = await examine(`providers:\n${locals}`, {});
    expect(check).toMatchObject({ status: "ok", detail: expect.stringMatching(/No language model.*needs none/) });
  });

  test("calls Hark limited, not failed, when the file of models is wrong", async () => {
    const { check } = await examine("providers: {", {});
    expect(check).toMatchObject({ status: "limited", detail: expect.stringContaining("own-models.yaml") });
  });
});

test("a chat is given as JSON, in place or as an option", async () => {
  const chat = JSON.stringify([{ role: "user", content: "How loud is it?" }]);
  const inPlace = await hark("analyze_tokens", "openai/gpt-4.1", chat, "--json");
  expect(inPlace.code, inPlace.stderr).toBe(0);
  const option = await hark("analyze_tokens", "--model", "openai/gpt-4.1", "--messages", chat, "--json");
  expect(JSON.parse(option.stdout)).toEqual(JSON.parse(inPlace.stdout));
  expect(JSON.parse(inPlace.stdout)).toMatchObject({ method: "exact", total_tokens: 12 });
});
