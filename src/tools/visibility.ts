/** Which tools a server shows: a fixed choice at its start, so that a client's tool list costs only what it uses. */
import { AppError } from "../errors.ts";
import { TOOLSETS, type Tool } from "./tool.ts";

export interface VisibilityPolicy {
  /** Only these sets; undefined shows all. */
  readonly toolsets: readonly string[] | undefined;
  /** Only these tools; undefined shows all. */
  readonly tools: readonly string[] | undefined;
  /** Only tools that change nothing. */
  readonly readOnly: boolean;
}

/** The tools that pass every part of the policy. @throws AppError invalid_input for a set or tool that does not exist. */
export function visibleTools(tools: readonly Tool[], policy: VisibilityPolicy): readonly Tool[] {
  requireKnown("HARK_TOOLSETS", policy.toolsets, TOOLSETS);
  requireKnown(
    "HARK_TOOLS",
    policy.tools,
    tools.map((tool) => tool.name),
  );
  return tools.filter(
    (tool) =>
      (policy.toolsets?.includes(tool.toolset) ?? true) &&
      (policy.tools?.includes(tool.name) ?? true) &&
      (!policy.readOnly || tool.annotations.readOnlyHint),
  );
}

function requireKnown(variable: string, asked: readonly string[] | undefined, known: readonly string[]): void {
  const unknown = asked?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length === 0) return;
  throw new AppError(
    "invalid_input",
    `${variable} names what does not exist: ${unknown.join(", ")}. There are: ${known.join(", ")}.`,
  );
}
