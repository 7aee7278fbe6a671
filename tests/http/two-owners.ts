/** Hark over HTTP as two people use it at once, each with a key and tracks of their own; strangers are refused. */
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type Application, createApplication } from "../../src/application.ts";
import { SCOPES, type Scope } from "../../src/caller.ts";
import { readConfig } from "../../src/config.ts";
import { createHttpApp } from "../../src/http/app.ts";
import { listen } from "../../src/http/listen.ts";
import { createMcpHttpEndpoint } from "../../src/mcp/http-handler.ts";
import { createMcpServerFactory } from "../../src/mcp/server-factory.ts";
import { RESOURCES } from "../../src/resources/registry.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { createTestDatabase } from "../storage/test-database.ts";

const RATE = 8000;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

export interface KeyHolder {
  readonly owner: string;
  readonly key: string;
  /** A request with the key, and its answer's JSON ({} where there is none). */
  send(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The answer of a tool over REST. */
  tool(name: string, args: unknown): Promise<Answer>;
}

export interface TwoOwners extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly databaseUrl: string;
  readonly application: Application;
  /** Readable for those who may name files. */
  readonly folder: string;
  readonly ann: KeyHolder;
  readonly ben: KeyHolder;
  /** Another key. */
  holder(owner: string, scopes?: readonly Scope[], maxRequests?: number | null): Promise<KeyHolder>;
  /** Writes a second of a sine; another frequency is another recording. */
  writeSine(name: string, hz: number): Promise<string>;
}

/** A server in this process, with authentication required unless the settings say otherwise. */
export async function startTwoOwners(settings: Readonly<Record<string, string>> = {}): Promise<TwoOwners> {
  const { databaseUrl } = await createTestDatabase();
  const folder = await realpath(await mkdtemp(join(tmpdir(), "hark-owners-")));
  const logger = pino({ level: "silent" });
  const environment = {
    HARK_HOME: folder,
    HARK_ROOTS: folder,
    DATABASE_URL: databaseUrl,
    HARK_TOOLSETS: "default,gateway",
  };
  const config = readConfig({ ...environment, HARK_AUTH: "required", ...settings });
  let url: string | null = null;
  const application = createApplication(config, logger, { baseUrl: () => url });
  const options = { ...application, version: "1.2.3", logger };
  const mcp = createMcpHttpEndpoint(createMcpServerFactory({ ...options, resources: RESOURCES }), logger);
  const server = await listen(createHttpApp({ ...options, mcp }), "127.0.0.1", 0);
  url = server.url;

  const holder: TwoOwners["holder"] = async (owner, scopes = SCOPES, maxRequests = null) => {
    const { key } = await application.apiKeys.create({ name: owner, owner, scopes, expiresAt: null, maxRequests });
    const send: KeyHolder["send"] = (method, path, body) =>
      sendJson(`${server.url}${path}`, method, { authorization: `Bearer ${key}` }, body);
    return { owner, key, send, tool: (name, args) => send("POST", `/v1/tools/${name}`, args) };
  };
  return {
    url: server.url,
    databaseUrl,
    application,
    folder,
    holder,
    ann: await holder("ann"),
    ben: await holder("ben"),
    async writeSine(name, hz) {
      const path = join(folder, name);
      await writeFile(path, wavFile([sine(hz, RATE, RATE)], RATE));
      return path;
    },
    async [Symbol.asyncDispose]() {
      await mcp.close();
      await server.close();
      await application.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One request with these headers. */
export async function sendJson(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, headers: response.headers, json: isJson ? JSON.parse(text) : {} };
}
