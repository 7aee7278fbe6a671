/** The SDK's own client, connected to Hark as clients do it: over stdio or HTTP, in either protocol era. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { type HttpServerProcess, startHttpServer } from "./http-server-process.ts";
import { serverEnvironment, temporaryHome } from "./temporary-home.ts";

export type Era = "2025-11-25" | "2026-07-28";

/** One way of speaking to Hark. */
export interface Surface {
  readonly transport: "stdio" | "http";
  readonly era: Era;
}

export const SURFACES: readonly Surface[] = [
  { transport: "stdio", era: "2025-11-25" },
  { transport: "stdio", era: "2026-07-28" },
  { transport: "http", era: "2025-11-25" },
  { transport: "http", era: "2026-07-28" },
];

export interface Connection {
  readonly client: Client;
  /** Of the server. */
  readonly pid: number;
}

export interface TestServers extends AsyncDisposable {
  /** Shared by all servers; also the one folder that they may read. */
  readonly home: string;
  /** Servers over stdio are started for the connection and end with it; over HTTP there is one. */
  connect(surface: Surface): Promise<Connection>;
  /** Closes the clients and ends the server; its exit code, undefined where none served HTTP. */
  close(): Promise<number | null | undefined>;
}

/** Servers on a data folder of their own. */
export async function startServers(settings: Readonly<Record<string, string>> = {}): Promise<TestServers> {
  const home = await temporaryHome();
  const all = { HARK_HOME: home.path, HARK_ROOTS: home.path, ...settings };
  const clients: Client[] = [];
  let http: Promise<HttpServerProcess> | undefined;
  const close = async () => {
    await Promise.all(clients.map((client) => client.close()));
    return (await http)?.close();
  };
  return {
    home: home.path,
    async connect({ transport, era }) {
      const client = clientOf(era);
      clients.push(client);
      if (transport === "stdio") return { client, pid: await connectStdio(client, all) };
      http ??= startHttpServer(["src/server.ts", "--http"], all);
      const { url, pid } = await http;
      return { client: await connectHttp(client, url), pid };
    },
    close,
    async [Symbol.asyncDispose]() {
      try {
        await close();
      } finally {
        await home[Symbol.asyncDispose]();
      }
    },
  };
}

/** A client that insists on an era. */
export function clientOf(era: Era): Client {
  const mode = era === "2026-07-28" ? { pin: era } : ("legacy" as const);
  return new Client({ name: "hark-tests", version: "1.0.0" }, { versionNegotiation: { mode } });
}

/** The client, connected to the server that listens at `url`; each of its requests has the headers. */
export async function connectHttp(
  client: Client,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Client> {
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { ...headers } } }));
  return client;
}

async function connectStdio(client: Client, settings: Readonly<Record<string, string>>): Promise<number> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ["src/server.ts"],
    env: serverEnvironment(settings),
    stderr: "inherit",
  });
  await client.connect(transport);
  return transport.pid ?? 0;
}
