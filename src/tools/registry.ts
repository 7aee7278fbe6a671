/** The catalogue: every tool, in the order in which clients list them. */
import type { Agent } from "../agents/agent.ts";
import type { Operation } from "../processing/operation.ts";
import { OPERATIONS } from "../processing/registry.ts";
import { addTrack } from "./add-track.ts";
import { agentTool } from "./agent-tool.ts";
import { analyzeCost } from "./analyze-cost.ts";
import { analyzeTokens } from "./analyze-tokens.ts";
import { askTrack } from "./ask-track.ts";
import { cancelJob } from "./cancel-job.ts";
import { compareTracks } from "./compare-tracks.ts";
import { costReport } from "./cost-report.ts";
import { doctor } from "./doctor.ts";
import { findTracks } from "./find-tracks.ts";
import { forgetSession } from "./forget-session.ts";
import { getJob } from "./get-job.ts";
import { getSeries } from "./get-series.ts";
import { getTrack } from "./get-track.ts";
import { listJobs } from "./list-jobs.ts";
import { listModels } from "./list-models.ts";
import { listSessions } from "./list-sessions.ts";
import { listTracks } from "./list-tracks.ts";
import { operationTool } from "./operation-tool.ts";
import { pullModelTool } from "./pull-model.ts";
import { removeTrack } from "./remove-track.ts";
import { routeModel } from "./route-model.ts";
import type { Tool } from "./tool.ts";

/** Below the minute after which clients give up a call. */
const PULL_PATIENCE_MS = 45_000;

/** All tools for these agents and operations. @throws Error for two tools of one name. */
export function createTools(agents: readonly Agent[], operations: readonly Operation[] = OPERATIONS): readonly Tool[] {
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
    listSessions,
    forgetSession,
    ...operations.map(operationTool),
    getJob,
    listJobs,
    cancelJob,
    listModels,
    pullModelTool(PULL_PATIENCE_MS),
  ];
  tools.push(askTrack([...tools]));
  const names = new Set(tools.map((tool) => tool.name));
  if (names.size !== tools.length) throw new Error("two tools have the same name");
  return tools;
}
