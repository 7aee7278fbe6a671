/** Hark's tools as a language model may use them for a question: those that measure, search and show, by track id only. */
import { z } from "zod";
import { AppError } from "../errors.ts";
import type { QuestionTool } from "../question/question-tool.ts";
import { isTrackId } from "../tracks/track-library.ts";
import { isSchema, type JsonSchema, jsonSchema } from "./json-schema.ts";
import { runTool } from "./run-tool.ts";
import type { Services, Tool, Toolset } from "./tool.ts";
import { TRACK_REFERENCE } from "./track-reference.ts";

/** What a model may use at all. The others say things about this machine, or cost money themselves. */
const TOOLSETS_OF_QUESTIONS: readonly Toolset[] = ["analysis", "library"];

/** The tools that look and change nothing, for one caller. */
export function questionTools(tools: readonly Tool[], services: Services): QuestionTool[] {
  return tools
    .filter(({ toolset, annotations }) => TOOLSETS_OF_QUESTIONS.includes(toolset) && annotations.readOnlyHint)
    .map((tool) => questionTool(tool, services));
}

function questionTool(tool: Tool, services: Services): QuestionTool {
  return {
    name: tool.name,
    description: tool.description,
    parameters: parametersOf(tool),
    async run(args, signal, progress) {
      refusePaths(tool, args);
      return (await runTool(tool, args, { services, signal, progress })).value;
    },
  };
}

/** The tool's own schema, in which a track is named by its id alone. */
function parametersOf({ input }: Tool): JsonSchema {
  const schema = jsonSchema(input, "input");
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const fields = Object.entries(properties).map(([name, field]) => [
    name,
    namesTracks(input.shape[name]) ? byIdOnly(field) : field,
  ]);
  return { ...schema, properties: Object.fromEntries(fields) };
}

function byIdOnly(field: unknown): unknown {
  if (!isSchema(field)) return field;
  return isSchema(field.items) ? { ...field, items: byIdOnly(field.items) } : { ...field, description: "Track id" };
}

/**
 * A path would let a title talk the model into reading another file.
 * @throws AppError invalid_input for a track that is not named by its id.
 */
function refusePaths({ input }: Tool, args: unknown): void {
  for (const [name, value] of Object.entries(isSchema(args) ? args : {})) {
    if (!namesTracks(input.shape[name])) continue;
    for (const reference of Array.isArray(value) ? value : [value]) {
      if (typeof reference !== "string" || isTrackId(reference)) continue;
      throw new AppError(
        "invalid_input",
        `${name} takes track ids (trk_…) only, no paths and no names. list_tracks and find_tracks give ids.`,
      );
    }
  }
}

function namesTracks(schema: unknown): boolean {
  if (schema === TRACK_REFERENCE) return true;
  if (schema instanceof z.ZodOptional) return namesTracks(schema.unwrap());
  return schema instanceof z.ZodArray && namesTracks(schema.element);
}
