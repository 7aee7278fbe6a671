/** Every agent, and the check that each passes before anything is derived from it. */
import { z } from "zod";
import { AppError } from "../errors.ts";
import { FEATURES } from "../features/registry.ts";
import type { Agent, SeriesKind } from "./agent.ts";
import { loudness } from "./loudness.ts";
import { pitch } from "./pitch.ts";
import { quality } from "./quality.ts";
import { rhythm } from "./rhythm.ts";
import { spectral } from "./spectral.ts";
import { speechActivity } from "./speech-activity.ts";
import { structure } from "./structure.ts";
import { temporal } from "./temporal.ts";
import { timbre } from "./timbre.ts";
import { tonal } from "./tonal.ts";

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** The agents that run on every file by default, in the order in which surfaces list them. */
export const AGENTS: readonly Agent[] = registerAgents([
  temporal,
  spectral,
  rhythm,
  tonal,
  pitch,
  loudness,
  quality,
  timbre,
  structure,
  speechActivity,
]);

/** @throws AppError not_found for a name that no agent has; the message lists the names there are. */
export function findAgent(name: string): Agent {
  const agent = AGENTS.find((candidate) => candidate.name === name);
  if (agent !== undefined) return agent;
  const names = AGENTS.map((candidate) => candidate.name).join(", ");
  throw new AppError("not_found", `There is no agent of that name. Choose one of: ${names}.`);
}

/**
 * Checks definitions and returns them as they are.
 *
 * @throws AppError internal for the first definition that lacks a name, description, version or output, repeats a name,
 * names something not in snake_case, needs a feature that does not exist, declares a series that is not an output field of
 * that kind, or has a parameter that is not optional.
 */
export function registerAgents(agents: readonly Agent[]): readonly Agent[] {
  const names = new Set<string>();
  for (const agent of agents) {
    const fault = faultOf(agent) ?? (names.has(agent.name) ? "has the name of another agent" : null);
    if (fault !== null) throw new AppError("internal", `The agent "${agent.name}" ${fault}.`);
    names.add(agent.name);
  }
  return agents;
}

function faultOf(agent: Agent): string | null {
  if (typeof agent.name !== "string" || !SNAKE_CASE.test(agent.name)) return "needs a name in snake_case";
  if (typeof agent.description !== "string" || agent.description.trim() === "") return "needs a description";
  if (!Number.isInteger(agent.version) || agent.version < 1) return "needs a version: a whole number from 1";
  if (!(agent.output instanceof z.ZodObject)) return "needs an output: a zod object";
  if (typeof agent.analyse !== "function") return "needs an analyse function";
  if (!Array.isArray(agent.needs)) return "needs a list of needs, which may be empty";
  const output: Record<string, unknown> = agent.output.shape;
  const parameters: Record<string, z.core.$ZodType> = agent.parameters.shape;
  if (Object.keys(output).length === 0) return "needs at least one output field";
  for (const field of [...Object.keys(output), ...Object.keys(parameters)]) {
    if (!SNAKE_CASE.test(field)) return `has the field "${field}", which is not snake_case`;
  }
  for (const feature of agent.needs) {
    if (!Object.hasOwn(FEATURES, feature)) return `needs the feature "${feature}", which does not exist`;
  }
  for (const [field, kind] of Object.entries(agent.series)) {
    if (!isSeries(output[field], kind))
      return `declares the series "${field}", which is no output field of kind "${kind}"`;
  }
  for (const [field, type] of Object.entries(parameters)) {
    if (!z.safeParse(type, undefined).success) return `has the parameter "${field}", which is not optional`;
  }
  return null;
}

function isSeries(field: unknown, kind: SeriesKind | undefined): boolean {
  if (kind === "times") return field instanceof z.ZodArray;
  if (kind === "sampled") return hasFields(field, ["hop_seconds"]);
  return (
    kind === "segments" && field instanceof z.ZodArray && hasFields(field.element, ["start_seconds", "end_seconds"])
  );
}

function hasFields(type: unknown, names: readonly string[]): boolean {
  return type instanceof z.ZodObject && names.every((name) => Object.hasOwn(type.shape, name));
}
