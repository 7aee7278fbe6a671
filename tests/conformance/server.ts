/** Hark's HTTP application with what the official conformance suite calls. Started by scripts/conformance.ts. */
import { createApplication } from "../../src/application.ts";
import { readConfig } from "../../src/config.ts";
import { createHttpApp } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import { createMcpHttpEndpoint } from "../../src/mcp/http-handler.ts";
import { createMcpServerFactory } from "../../src/mcp/server-factory.ts";
import { RESOURCES } from "../../src/resources/registry.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { FIXTURE_RESOURCES, FIXTURE_TOOLS } from "./catalogue-fixtures.ts";
import { addContentFixtures } from "./content-fixtures.ts";
import { inputFixtures } from "./input-fixtures.ts";
import { addSessionFixtures } from "./session-fixtures.ts";

const config = readConfig(process.env);
const logger = createLogger(config.logLevel);
const application = createApplication(config, logger);
const { servicesFor, security, files, routerFor } = application;
const tools = [...application.tools, ...FIXTURE_TOOLS];
const resources = [...RESOURCES, ...FIXTURE_RESOURCES];
const version = "0.0.0";

const addInputFixtures = inputFixtures();
const factory = createMcpServerFactory({ tools, resources, servicesFor, version, logger }, (server) => {
  addContentFixtures(server);
  addInputFixtures(server);
  addSessionFixtures(server);
});
const mcp = createMcpHttpEndpoint(factory, logger);
const server = await listen(
  createHttpApp({ tools, servicesFor, security, files, routerFor, mcp, version, logger }),
  config.host,
  config.port,
);
process.stderr.write(`The conformance server listens (MCP at ${server.url}/mcp)\n`);

process.once("SIGTERM", async () => {
  await mcp.close();
  await server.close();
  await application.close();
  process.exit();
});
