/** The gateway's tools as endpoints of their own, for applications that speak to models themselves. */
import { type Context, Hono } from "hono";
import { analyzeCost } from "../tools/analyze-cost.ts";
import { analyzeTokens } from "../tools/analyze-tokens.ts";
import { costReport } from "../tools/cost-report.ts";
import type { JsonSchema } from "../tools/json-schema.ts";
import { routeModel } from "../tools/route-model.ts";
import { runTool } from "../tools/run-tool.ts";
import type { Tool } from "../tools/tool.ts";
import { describeEndpoint } from "./endpoint-description.ts";
import type { HttpEnv } from "./http-env.ts";
import { allowOnly } from "./problem.ts";
import { jsonBody, queryArguments } from "./request-input.ts";
import type { ServicesOf } from "./services-of.ts";

/** What is posted, by path. */
const POSTED: Readonly<Record<string, Tool>> = {
  "/v1/gateway/tokens": analyzeTokens,
  "/v1/gateway/cost": analyzeCost,
  "/v1/gateway/route": routeModel,
};

const REPORT = "/v1/gateway/report";

export function gatewayRoutes(servicesOf: ServicesOf): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const answer = async (context: Context<HttpEnv>, tool: Tool, args: unknown) => {
    const call = { services: servicesOf(context), signal: context.req.raw.signal, progress: () => {} };
    return context.json((await runTool(tool, args, call)).value);
  };
  for (const [path, tool] of Object.entries(POSTED)) {
    app.post(path, async (context) => answer(context, tool, await jsonBody(context)));
    allowOnly(app, path, "POST");
  }
  app.get(REPORT, (context) => answer(context, costReport, queryArguments(context, costReport.input)));
  allowOnly(app, REPORT, "GET");
  return app;
}

function describe({ name, title, description, input, output }: Tool, method: "get" | "post"): JsonSchema {
  const operation = { operationId: `gateway_${name}`, summary: title, description, tag: "gateway" };
  return {
    [method]: describeEndpoint({
      ...operation,
      ...(method === "get" ? { query: input } : { body: input }),
      answers: { "200": output },
    }),
  };
}

export const GATEWAY_PATHS: JsonSchema = {
  ...Object.fromEntries(Object.entries(POSTED).map(([path, tool]) => [path, describe(tool, "post")])),
  [REPORT]: describe(costReport, "get"),
};
