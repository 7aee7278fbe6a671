import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkGolden, differences } from "../../scripts/golden.ts";
import { AGENTS } from "../../src/agents/registry.ts";
import { GOLDEN_SIGNALS } from "./golden-signals.ts";

test("there is one golden file for each agent, and none beside", () => {
  expect(AGENTS.length).toBeGreaterThan(0);
  expect(GOLDEN_SIGNALS.length).toBeGreaterThan(0);
  const files = readdirSync(join(import.meta.dirname, "agents")).filter((file) => file.endsWith(".json"));
  expect(files.sort()).toEqual(AGENTS.map((agent) => `${agent.name}.json`).sort());
});

test.each(AGENTS.map((agent) => [agent.name, agent] as const))("%s gives its golden results", (_, agent) => {
  expect(checkGolden(agent)).toEqual([]);
});

test("the comparison sees changed, missing and added values", () => {
  const tolerance = { absolute: 0.1, relative: 0.01 };
  const golden = { level: -20, times: [1, 2], reason: null };
  expect(differences(golden, { level: -20.15, times: [1.05, 2], reason: null }, tolerance)).toEqual([]);
  expect(differences(golden, { level: -20.3, times: [1, 2], reason: null }, tolerance).length).toBe(1);
  expect(differences(golden, { level: -20, times: [1], reason: null }, tolerance).length).toBe(1);
  expect(differences(golden, { level: -20, times: [1, 2], reason: "none" }, tolerance).length).toBe(1);
  expect(differences(golden, { level: null, times: [1, 2], reason: null }, tolerance).length).toBe(1);
  expect(differences(golden, { level: -20, times: [1, 2], why: null }, tolerance).length).toBe(1);
});
