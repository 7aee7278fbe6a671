/** `hark routes`: how models were chosen, and how they would have been under other weights. */
import { AppError } from "../errors.ts";
import { replayRoutes } from "../gateway/route-replay.ts";
import { SCORE_PARTS, type Weights } from "../gateway/route-score.ts";
import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { renderFields } from "./render.ts";

const DEFAULT_DAYS = 30;
const MOST_DECISIONS = 10_000;
const DAY_MS = 86_400_000;

export const routesCommand: Command = {
  name: "routes",
  usage: "routes replay --weights cost=2,latency=1 [--days NUMBER] [--json]",
  summary: "Scores past choices of models again under other weights, and says what would have changed",

  async run(args, { services, print }) {
    const options = { weights: { type: "string" }, days: { type: "string" }, json: { type: "boolean" } } as const;
    const { values, positionals } = parseArguments(args, options, this.usage);
    if (positionals[0] !== "replay" || positionals.length > 1) {
      throw new AppError("invalid_input", `Usage: hark ${this.usage}`);
    }
    const weights = parseWeights(typeof values.weights === "string" ? values.weights : "");
    const days = Number(values.days ?? DEFAULT_DAYS);
    if (!(days > 0)) throw new AppError("invalid_input", `--days is a number above 0. Usage: hark ${this.usage}`);
    const gateway = await services.gateway();
    const decisions = await gateway.listRoutes(new Date(Date.now() - days * DAY_MS), MOST_DECISIONS);
    const replay = replayRoutes(decisions, weights);
    if (values.json === true) print(JSON.stringify(replay, null, 2));
    else for (const line of renderFields({ ...replay, changed: replay.changed.length })) print(line);
    return 0;
  },
};

/** @throws AppError invalid_input that names the parts of a score. */
function parseWeights(text: string): Partial<Weights> {
  const pairs = text
    .split(",")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "");
  const weights: Partial<Record<string, number>> = {};
  for (const pair of pairs) {
    const [name = "", value = ""] = pair.split("=");
    const part = SCORE_PARTS.find((known) => known === name);
    if (part === undefined || value === "" || !(Number(value) >= 0)) {
      const message = `--weights cannot hold "${pair}". It takes ${SCORE_PARTS.join(", ")}, each with a number from 0: cost=2,latency=1.`;
      throw new AppError("invalid_input", message);
    }
    weights[part] = Number(value);
  }
  return weights;
}
