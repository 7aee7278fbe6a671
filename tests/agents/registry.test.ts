import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Agent, defineAgent } from "../../src/agents/agent.ts";
import { AGENTS, findAgent, registerAgents } from "../../src/agents/registry.ts";
import { FEATURES } from "../../src/features/registry.ts";

const sound: Agent = defineAgent({
  name: "sound",
  version: 1,
  description: "Measures something.",
  needs: ["signalLevel"],
  output: z.object({ times_seconds: z.array(z.number()), level_db: z.number() }),
  series: { times_seconds: "times" },
  analyse: () => ({ times_seconds: [], level_db: 0 }),
});

describe("registerAgents", () => {
  test("returns sound definitions as they are", () => {
    const agents = [sound, { ...sound, name: "sound_two" as const }];
    expect(registerAgents(agents)).toBe(agents);
  });

  // What JavaScript, or a cast, could still bring past the types.
  const faults: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ["no name", { name: undefined }, /name in snake_case/],
    ["a name that is not snake_case", { name: "soundLevel" }, /name in snake_case/],
    ["a name with a space", { name: "sound level" }, /name in snake_case/],
    ["no description", { description: " " }, /description/],
    ["no version", { version: undefined }, /version/],
    ["a version that is no whole number from 1", { version: 0.5 }, /version/],
    ["no output", { output: undefined }, /output/],
    ["an output without fields", { output: z.object({}), series: {} }, /at least one output field/],
    ["no analyse", { analyse: undefined }, /analyse/],
    ["no list of needs", { needs: undefined }, /list of needs/],
    ["an unknown feature", { needs: ["signalLevel", "loudest"] }, /"loudest", which does not exist/],
    ["a feature named like a method of objects", { needs: ["toString"] }, /"toString", which does not exist/],
    ["a series that is no output field", { series: { beats: "times" } }, /series "beats"/],
    ["a series of another kind", { series: { times_seconds: "sampled" } }, /series "times_seconds"/],
    ["a series that is no list", { series: { level_db: "times" } }, /series "level_db"/],
    ["an output field not in snake_case", { output: z.object({ levelDb: z.number() }), series: {} }, /"levelDb"/],
    ["a parameter that is not optional", { parameters: z.object({ min_bpm: z.number() }) }, /"min_bpm"/],
  ];

  test.each(faults)("refuses %s", (_, change, message) => {
    expect(() => registerAgents([{ ...sound, ...change } as Agent])).toThrow(message);
  });

  test("refuses a name that is taken", () => {
    expect(() => registerAgents([sound, sound])).toThrow(/name of another agent/);
  });
});

describe("findAgent", () => {
  test("finds every registered agent by its name", () => {
    expect(AGENTS.length).toBeGreaterThan(0);
    for (const agent of AGENTS) expect(findAgent(agent.name)).toBe(agent);
  });

  test("names the choices when there is none", () => {
    expect(() => findAgent("chords")).toThrow(/temporal, spectral, rhythm/);
  });
});

test("the features that agents need are all there", () => {
  for (const agent of AGENTS) for (const feature of agent.needs) expect(Object.hasOwn(FEATURES, feature)).toBe(true);
});
