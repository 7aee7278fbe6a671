/** The HTTP surface on a free port, with a real database and a folder of its own behind it. */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type Application, createApplication } from "../../src/application.ts";
import { readConfig } from "../../src/config.ts";
import { createHttpApp, type HttpOptions } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import { createMcpHttpEndpoint } from "../../src/mcp/http-handler.ts";
import { createMcpServerFactory } from "../../src/mcp/server-factory.ts";
import { RESOURCES } from "../../src/resources/registry.ts";
import { createTestDatabase } from "../storage/test-database.ts";

const logger = pino({ level: "silent" });

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** Where tracks are named by path, and below it, in `files`, where uploads are kept. */
  readonly folder: string;
  readonly databaseUrl: string;
  readonly application: Application;
  /** Only the server; the rest goes on. */
  close(): Promise<void>;
}

/** Starts one. @param settings Environment variables. @param options What the application is given besides. */
export async function startTestServer(
  settings: Readonly<Record<string, string>> = {},
  options: Partial<HttpOptions> = {},
): Promise<TestServer> {
  const { databaseUrl } = await createTestDatabase();
  const folder = await realpath(await mkdtemp(join(tmpdir(), "hark-http-")));
  const environment = { HARK_HOME: folder, HARK_ROOTS: folder, DATABASE_URL: databaseUrl, XDG_CONFIG_HOME: folder };
  const application = createApplication(readConfig({ ...environment, ...settings }), logger);
  const shared = { ...application, version: "1.2.3", logger };
  const mcp = createMcpHttpEndpoint(createMcpServerFactory({ ...shared, resources: RESOURCES }), logger);
  const app = createHttpApp({ ...shared, mcp, ...options });
  const server = await listen(app, "127.0.0.1", 0);
  return {
    url: server.url,
    folder,
    databaseUrl,
    application,
    close: () => server.close(),
    async [Symbol.asyncDispose]() {
      await server.close();
      await application.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
