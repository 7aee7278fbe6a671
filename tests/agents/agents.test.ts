import { expect, test } from "vitest";
import { z } from "zod";
import { AGENTS } from "../../src/agents/registry.ts";
import { describeAgentContract } from "./agent-contract.ts";

test("there are agents", () => expect(AGENTS.length).toBeGreaterThanOrEqual(3));

test("definitions stay small enough for a client to carry", () => {
  for (const agent of AGENTS) {
    expect(agent.description.length, agent.name).toBeLessThanOrEqual(350);
    // Without what no client is shown: the dialect, and "no other fields" on every object.
    const { $schema: _, ...schema } = z.toJSONSchema(agent.output, {
      override: ({ jsonSchema }) => {
        delete jsonSchema.additionalProperties;
      },
    });
    expect(JSON.stringify(schema).length, agent.name).toBeLessThanOrEqual(2400);
  }
});

for (const agent of AGENTS) describeAgentContract(agent);
