/**
 * Golden results: what each agent makes of synthesised recordings. `node scripts/golden.ts` writes tests/golden/agents/<agent>.json
 * anew; with `--check` it compares and fails on a difference beyond the tolerances that each file states. A change of a
 * golden file is a change of results: raise the agent's version with it.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process, { argv, stdout } from "node:process";
import { z } from "zod";
import type { Agent } from "../src/agents/agent.ts";
import { AGENTS } from "../src/agents/registry.ts";
import { openExtraction } from "../src/features/extraction.ts";
import { GOLDEN_SIGNALS } from "../tests/golden/golden-signals.ts";

const FOLDER = join(import.meta.dirname, "..", "tests", "golden", "agents");

/** Two numbers agree within either bound: room for another order of summation, and for single precision. */
const TOLERANCE = { absolute: 0.005, relative: 0.0005 };

const goldenSchema = z.object({
  agent: z.string(),
  version: z.number(),
  tolerance: z.object({ absolute: z.number(), relative: z.number() }),
  results: z.record(z.string(), z.unknown()),
});

type Golden = z.output<typeof goldenSchema>;

/** What the agent makes of every golden signal now. */
export function computeGolden(agent: Agent): Golden {
  const results: Record<string, unknown> = {};
  for (const { name, sampleRate, make } of GOLDEN_SIGNALS) {
    const channels = make();
    const extraction = openExtraction({ sampleRate, channels: channels.length }, agent.needs);
    extraction.push({ channels, length: channels[0].length });
    results[name] = agent.analyse(extraction.finish(), agent.parameters.parse({}));
  }
  return { agent: agent.name, version: agent.version, tolerance: TOLERANCE, results };
}

/** The golden file of an agent. @throws when it is missing or no golden file. */
export function readGolden(agent: Agent): Golden {
  return goldenSchema.parse(JSON.parse(readFileSync(fileOf(agent), "utf8")));
}

/** Where two results differ by more than the tolerance, a line each; empty when they agree. */
export function differences(expected: unknown, actual: unknown, tolerance: Golden["tolerance"], path = ""): string[] {
  if (typeof expected === "number" && typeof actual === "number") {
    const bound = Math.max(tolerance.absolute, tolerance.relative * Math.abs(expected));
    return Math.abs(expected - actual) <= bound ? [] : [`${path}: expected ${expected}, got ${actual}`];
  }
  if (typeof expected === "object" && typeof actual === "object" && expected !== null && actual !== null) {
    const [before, now] = [Object.entries(expected), new Map(Object.entries(actual))];
    if (before.length !== now.size) return [`${path}: expected ${before.length} entries, got ${now.size}`];
    return before.flatMap(([key, value]) => differences(value, now.get(key), tolerance, `${path}/${key}`));
  }
  return expected === actual ? [] : [`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`];
}

/** Where the agent's results differ from its golden file, or that file from the signals there are. */
export function checkGolden(agent: Agent): string[] {
  const golden = readGolden(agent);
  return differences(
    { ...golden, tolerance: null },
    { ...computeGolden(agent), tolerance: null },
    golden.tolerance,
    agent.name,
  );
}

function fileOf(agent: Agent): string {
  return join(FOLDER, `${agent.name}.json`);
}

if (import.meta.main) {
  if (argv.includes("--check")) {
    const found = AGENTS.flatMap(checkGolden);
    stdout.write(found.length === 0 ? `${AGENTS.length} golden files agree.\n` : `${found.join("\n")}\n`);
    if (found.length > 0) process.exitCode = 1;
  } else {
    mkdirSync(FOLDER, { recursive: true });
    for (const agent of AGENTS) writeFileSync(fileOf(agent), `${JSON.stringify(computeGolden(agent))}\n`);
    stdout.write(`${AGENTS.length} golden files written.\n`);
  }
}
