/** Hark over HTTP with the test operations; a tool waits for a job for JOB_WAIT_MS. */
import { createApplication } from "../../src/application.ts";
import { readConfig } from "../../src/config.ts";
import { createHttpApp } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import { createMcpHttpEndpoint } from "../../src/mcp/http-handler.ts";
import { createMcpServerFactory } from "../../src/mcp/server-factory.ts";
import { RESOURCES } from "../../src/resources/registry.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { OPERATIONS } from "./test-operations.ts";

const config = readConfig(process.env);
const logger = createLogger(config.logLevel);
let url: string | null = null;
const { servicesFor, security, files, routerFor, tools, close } = createApplication(config, logger, {
  operations: { list: OPERATIONS, module: new URL("./test-operations.ts", import.meta.url).href },
  jobWaitMs: Number(process.env.JOB_WAIT_MS),
  baseUrl: () => url,
  resumesJobs: true,
});
const version = "test";
const mcp = createMcpHttpEndpoint(
  createMcpServerFactory({ tools, resources: RESOURCES, servicesFor, version, logger }),
  logger,
);
const server = await listen(
  createHttpApp({ tools, servicesFor, security, files, routerFor, mcp, version, logger }),
  config.host,
  config.port,
);
url = server.url;
process.stderr.write(`Hark listens on ${server.url} (MCP at ${server.url}/mcp)\n`);
process.once("SIGTERM", async () => {
  await mcp.close();
  await server.close();
  await close();
  process.exit();
});
