/** Hark's HTTP server with a question router whose answer never ends. Started by tests, with their environment. */
import { createApplication } from "../../src/application.ts";
import { readConfig } from "../../src/config.ts";
import { createHttpApp } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { ScriptedRouter, type Step } from "./scripted-router.ts";

function* forever(): Generator<Step> {
  for (;;) {
    yield { type: "token", text: "la " };
    yield { waitMs: 10 };
  }
}

const config = readConfig(process.env);
const logger = createLogger(config.logLevel);
const { tools, servicesFor, security, files, close } = createApplication(config, logger);
const mcp = { fetch: async () => new Response(), close: async () => {} };
const routerFor = async () => new ScriptedRouter(forever);
const server = await listen(
  createHttpApp({ tools, servicesFor, security, files, mcp, version: "0.0.0", logger, routerFor }),
  config.host,
  config.port,
);
process.stderr.write(`listens (MCP at ${server.url}/mcp)\n`);
process.once("SIGTERM", async () => {
  await server.close();
  await close();
  process.exit();
});
