/** The catalogue: every tool, in the order in which clients list them. */
import type { Agent } from "../agents/agent.ts";
import { addTrack } from "./add-track.ts";
import { agentTool } from "./agent-tool.ts";
import { analyzeCost } from "./analyze-cost.ts";
import { analyzeTokens } from "./analyze-tokens.ts";
import { compareTracks } from "./compare-tracks.ts";
import { costReport } from "./cost-report.ts";
import { doctor } from "./doctor.ts";
import { findTracks } from "./find-tracks.ts";
import { getSeries } from "./get-series.ts";
import { getTrack } from "./get-track.ts";
import { listModels } from "./list-models.ts";
import { listTracks } from "./list-tracks.ts";
import { pullModelTool } from "./pull-model.ts";
import { removeTrack } from "./remove-track.ts";
import { routeModel } from "./route-model.ts";
import type { Tool } from "./tool.ts";

/** Below the minute after which clients give up a call. */
const PULL_PATIENCE_MS = 45_000;

/** All tools for these agents. @throws Error for two tools of one name. */
export function createTools(agents: readonly Agent[]): readonly Tool[] {
  const tools: Tool[] = [
    ...agents.map(agentTool),
    getSeries,
    compareTracks,
    addTrack,
    listTracks,
    findTracks,
    getTrack,
    removeTrack,
    doctor,
    analyzeTokens,
    analyzeCost,
    routeModel,
    costReport,
    listModels,
    pullModelTool(PULL_PATIENCE_MS),
  ];
  const names = new Set(tools.map((tool) => tool.name));
  if (names.size !== tools.length) throw new Error("two tools have the same name");
  return tools;
}
