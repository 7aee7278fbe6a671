/** The server's composition root: MCP over stdio by default, HTTP with --http. */
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { createApplication } from "./application.ts";
import { LOCAL_CALLER } from "./caller.ts";
import { readConfig } from "./config.ts";
import { toAppError } from "./errors.ts";
import { checkExposure } from "./http/exposure.ts";
import { createMcpServerFactory } from "./mcp/server-factory.ts";
import { RESOURCES } from "./resources/registry.ts";
import { createLogger } from "./telemetry/log.ts";
import { readVersion } from "./version.ts";

/** After this the process ends, whatever has not closed. */
const SHUTDOWN_LIMIT_MS = 10_000;

try {
  await main();
} catch (error) {
  process.stderr.write(`hark: ${toAppError(error).message}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const logger = createLogger(config.logLevel);
  let url: string | null = null;
  const { servicesFor, routerFor, security, files, tools, close } = createApplication(config, logger, {
    baseUrl: () => config.access.publicUrl ?? url,
    resumesJobs: true,
  });
  const version = readVersion();
  const makeServer = createMcpServerFactory({ tools, resources: RESOURCES, servicesFor, version, logger });
  const surface = process.argv.includes("--http") ? await serveHttp() : serveOverStdio();

  async function serveHttp() {
    checkExposure({ host: config.host, ...config.access });
    const [{ createHttpApp }, { listen }, { createMcpHttpEndpoint }] = await Promise.all([
      import("./http/app.ts"),
      import("./http/listen.ts"),
      import("./mcp/http-handler.ts"),
    ]);
    const mcp = createMcpHttpEndpoint(makeServer, logger);
    const { readOnly } = config;
    const app = createHttpApp({ tools, servicesFor, security, files, mcp, version, logger, readOnly, routerFor });
    const server = await listen(app, config.host, config.port);
    url = server.url;
    process.stderr.write(`Hark ${version} listens on ${server.url} (MCP at ${server.url}/mcp)\n`);
    return {
      async close() {
        await mcp.close();
        await server.close();
      },
    };
  }

  function serveOverStdio() {
    const transport = new StdioServerTransport();
    const handle = serveStdio(() => makeServer(LOCAL_CALLER), {
      transport,
      onerror: (error) => logger.warn({ err: error }, "stdio"),
    });
    // The client has gone, or has sent a line too long to read: the transport closes, and so does everything.
    const { onclose } = transport;
    transport.onclose = () => {
      onclose?.();
      shutDown();
    };
    return handle;
  }

  let closing = false;
  function shutDown(): void {
    if (closing) return;
    closing = true;
    setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref();
    surface
      .close()
      .then(close)
      .catch((error: unknown) => logger.error({ err: error }, "shutdown"))
      .finally(() => process.exit());
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, shutDown);
}
