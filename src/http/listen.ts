/** Serving the application. */
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import type { Hono } from "hono";
import { AppError } from "../errors.ts";
import type { HttpEnv } from "./http-env.ts";

/** Time for requests that are under way to end when the server closes. */
const CLOSE_GRACE_MS = 1_000;

export interface HttpServer {
  /** e.g. `http://127.0.0.1:8974`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens; port 0 picks a free one.
 * @throws AppError unavailable when the port is taken, or the address is none of this machine.
 */
export async function listen(app: Hono<HttpEnv>, host: string, port: number): Promise<HttpServer> {
  const listening = Promise.withResolvers<number>();
  const server = serve({ fetch: app.fetch, hostname: host, port }, (address) =>
    listening.resolve(address.port),
  ) as Server;
  server.once("error", (cause) => {
    listening.reject(
      new AppError("unavailable", `Port ${port} cannot be used. Stop what uses it, or set HARK_PORT to another.`, {
        cause,
      }),
    );
  });
  const name = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${name}:${await listening.promise}`, close: () => closeServer(server) };
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const grace = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearTimeout(grace);
}
