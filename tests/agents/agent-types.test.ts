/** The compiler refuses what the registry would refuse: `tsc` fails when one of these errors goes missing. */
import { expect, test } from "vitest";
import { z } from "zod";
import { defineAgent } from "../../src/agents/agent.ts";

const output = z.object({ level_db: z.number(), times_seconds: z.array(z.number()) });
const result = { level_db: 0, times_seconds: [] };
const description = "Measures something.";
const base = { version: 1, description, output, analyse: () => result };

test("unsound definitions do not compile", () => {
  const definitions = [
    // @ts-expect-error: there is no such feature
    () => defineAgent({ ...base, name: "a", needs: ["loudest"] }),
    // @ts-expect-error: names are in lower case
    () => defineAgent({ ...base, name: "soundLevel", needs: [] }),
    // @ts-expect-error: no name
    () => defineAgent({ ...base, needs: [] }),
    // @ts-expect-error: no version
    () => defineAgent({ name: "a", description, output, needs: [], analyse: () => result }),
    // @ts-expect-error: no description
    () => defineAgent({ name: "a", version: 1, output, needs: [], analyse: () => result }),
    // @ts-expect-error: no output
    () => defineAgent({ name: "a", version: 1, description, needs: [], analyse: () => result }),
    // @ts-expect-error: a series that is no output field
    () => defineAgent({ ...base, name: "a", needs: [], series: { beats: "times" } }),
    // @ts-expect-error: no such kind of series
    () => defineAgent({ ...base, name: "a", needs: [], series: { times_seconds: "often" } }),
    // @ts-expect-error: a result that does not fit the output
    () => defineAgent({ ...base, name: "a", needs: [], analyse: () => ({ level_db: "loud", times_seconds: [] }) }),
    // @ts-expect-error: a feature that is read but not needed
    () => defineAgent({ ...base, name: "a", needs: ["mfcc"], analyse: ({ signalLevel }) => signalLevel && result }),
  ];
  expect(definitions.length).toBe(10);
});
