/** Which tools a server shows: a fixed choice at its start, so that a client's tool list costs only what it uses. */
import { AppError } from "../errors.ts";
import { DEFAULT_TOOLSETS, TOOLSETS, type Tool } from "./tool.ts";

/** Names the sets that are shown where none are named. */
const DEFAULT = "default";

export interface VisibilityPolicy {
  /** Only these sets; `default` stands for those that are shown when it is undefined. */
  readonly toolsets: readonly string[] | undefined;
  /** Only these tools, of any set unless sets are named too; undefined shows all of the sets. */
  readonly tools: readonly string[] | undefined;
  /** Only tools that change nothing. */
  readonly readOnly: boolean;
}

/** The tools that pass every part of the policy. @throws AppError invalid_input for a set or tool that does not exist. */
export function visibleTools(tools: readonly Tool[], policy: VisibilityPolicy): readonly Tool[] {
  requireKnown("HARK_TOOLSETS", policy.toolsets, [DEFAULT, ...TOOLSETS]);
  requireKnown(
    "HARK_TOOLS",
    policy.tools,
    tools.map((tool) => tool.name),
  );
  const toolsets = shownSets(policy);
  return tools.filter(
    (tool) =>
      toolsets.includes(tool.toolset) &&
      (policy.tools?.includes(tool.name) ?? true) &&
      (!policy.readOnly || tool.annotations.readOnlyHint),
  );
}

function shownSets({ toolsets, tools }: VisibilityPolicy): readonly string[] {
  if (toolsets === undefined) return tools === undefined ? DEFAULT_TOOLSETS : TOOLSETS;
  return toolsets.flatMap((name): readonly string[] => (name === DEFAULT ? DEFAULT_TOOLSETS : [name]));
}

function requireKnown(variable: string, asked: readonly string[] | undefined, known: readonly string[]): void {
  const unknown = asked?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length === 0) return;
  throw new AppError(
    "invalid_input",
    `${variable} names what does not exist: ${unknown.join(", ")}. There are: ${known.join(", ")}.`,
  );
}
