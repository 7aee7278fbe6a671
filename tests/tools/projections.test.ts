import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AGENTS } from "../../src/agents/registry.ts";
import { mcpTool, openAiFunction } from "../../src/tools/projections.ts";
import { createTools } from "../../src/tools/registry.ts";
import { visibleTools } from "../../src/tools/visibility.ts";

const tools = createTools(AGENTS);

const openAiSchema = z.object({
  type: z.literal("function"),
  function: z.object({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    description: z.string().min(20),
    strict: z.literal(true),
    parameters: z.object({
      type: z.literal("object"),
      properties: z.record(
        z.string(),
        z.union([
          z.looseObject({ type: z.union([z.string(), z.array(z.string())]) }),
          z.looseObject({ anyOf: z.array(z.looseObject({})).min(2) }),
        ]),
      ),
      required: z.array(z.string()),
      additionalProperties: z.literal(false),
    }),
  }),
});

test("every agent has its tool", () => {
  expect(AGENTS.length).toBeGreaterThanOrEqual(3);
  for (const agent of AGENTS) expect(tools.map((tool) => tool.name)).toContain(`analyse_${agent.name}`);
});

describe("as MCP tools", () => {
  test("all have title, description, strict input, output and every annotation", () => {
    expect(tools.length).toBeGreaterThan(0);
    for (const tool of tools.map(mcpTool)) {
      expect(tool.title.length, tool.name).toBeGreaterThan(0);
      expect(tool.description.length, tool.name).toBeGreaterThan(20);
      expect(tool.inputSchema.additionalProperties, tool.name).toBe(false);
      expect(tool.outputSchema.type, tool.name).toBe("object");
      expect(Object.keys(tool.annotations).sort()).toEqual([
        "destructiveHint",
        "idempotentHint",
        "openWorldHint",
        "readOnlyHint",
      ]);
    }
  });

  test("what is shown by default costs at most 12,000 characters", () => {
    const shown = visibleTools(tools, { toolsets: undefined, tools: undefined, readOnly: false });
    expect(JSON.stringify({ tools: shown.map(mcpTool) }).length).toBeLessThanOrEqual(12_000);
  });

  test("every analysis takes detail, with or without series", () => {
    const analyses = tools.filter((tool) => tool.name.startsWith("analyse_")).map(mcpTool);
    expect(analyses).toHaveLength(AGENTS.length);
    for (const { name, inputSchema } of analyses) expect(inputSchema.properties, name).toHaveProperty("detail");
  });

  test("the description of timbre says what energy is", () => {
    const timbre = tools.find((tool) => tool.name === "analyse_timbre");
    for (const part of ["LUFS + 40", "onsets per second / 8", "log2(centroid Hz / 500)"])
      expect(timbre?.description).toContain(part);
  });

  test("the gateway's tools cost at most 3,000 characters more", () => {
    const shown = visibleTools(tools, { toolsets: ["gateway"], tools: undefined, readOnly: false });
    expect(shown.length).toBe(4);
    expect(JSON.stringify({ tools: shown.map(mcpTool) }).length).toBeLessThanOrEqual(3000);
  });
});

describe("as OpenAI functions", () => {
  test("fit strict function calling: all arguments required, optional ones nullable", () => {
    for (const tool of tools) {
      const { function: projected } = openAiSchema.parse(openAiFunction(tool));
      const { properties, required } = projected.parameters;
      expect(required.sort(), tool.name).toEqual(Object.keys(properties).sort());
    }
    const { function: rhythm } = openAiSchema.parse(
      openAiFunction(tools.find((tool) => tool.name === "analyse_rhythm") ?? fail()),
    );
    expect(rhythm.parameters.properties.track_id?.type).toBe("string");
    expect(rhythm.parameters.properties.min_tempo_bpm?.type).toEqual(["number", "null"]);
  });

  test("a list of effects of many shapes becomes alternatives, each strict in itself", () => {
    const applyEffects = tools.find((tool) => tool.name === "apply_effects") ?? fail();
    const projected = openAiFunction(applyEffects);
    const text = JSON.stringify(projected);
    for (const unknown of ["oneOf", "default", "minimum", "$ref"]) expect(text).not.toContain(`"${unknown}":`);
    const { properties } = openAiSchema.parse(projected).function.parameters;
    expect(properties.effects?.type).toEqual(["array", "null"]);
    const shape = z.looseObject({
      type: z.literal("object"),
      properties: z.record(z.string(), z.looseObject({})),
      required: z.array(z.string()),
      additionalProperties: z.literal(false),
    });
    const { anyOf } = z.object({ anyOf: z.array(shape).min(15) }).parse(properties.effects?.items);
    for (const effect of anyOf) expect(effect.required.sort()).toEqual(Object.keys(effect.properties).sort());
    const [gain, equaliser, highPass] = anyOf;
    expect(gain?.properties.gain_db).toEqual({ type: "number" });
    expect(equaliser?.properties.bands).toMatchObject({ items: { additionalProperties: false } });
    expect(highPass?.properties.slope_db_per_octave?.anyOf).toContainEqual({ type: "null" });
    const compressor = anyOf.find(({ properties: { type } }) => type?.const === "compressor");
    expect(compressor?.properties.attack_ms).toEqual({ type: ["number", "null"] });
  });
});

test("the committed catalogue is what the code says", () => {
  execFileSync(process.execPath, ["scripts/catalogue.ts", "--check"], { stdio: "pipe" });
});

function fail(): never {
  throw new Error("no such tool");
}
