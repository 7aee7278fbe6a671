/** How many tools a server lists: one for each agent, and the eight that are written by hand. */
import { AGENTS } from "../../src/agents/registry.ts";

export const TOOL_COUNT = AGENTS.length + 8;
