/** Serving the application. */
import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Http2Bindings, type HttpBindings, serve, type WebSocketServerLike } from "@hono/node-server";
import type { Hono } from "hono";
import { WebSocketServer } from "ws";
import { AppError } from "../errors.ts";
import type { HttpEnv } from "./http-env.ts";

/** Time for requests that are under way to end when the server closes. */
const CLOSE_GRACE_MS = 1_000;

/** A large upload over a slow line. Node's own limit is five minutes; uploads that stand still are ended much earlier. */
const REQUEST_LIMIT_MS = 12 * 3600 * 1000;

/** Larger ones close their socket with 1009. */
const MAX_SOCKET_MESSAGE_BYTES = 1_000_000;

/** The close code of a server that stops (RFC 6455, section 7.4.1). */
const GOING_AWAY = 1001;

/** Time for them to clean up after that. */
const CLEAN_UP_MS = 3_000;

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
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_SOCKET_MESSAGE_BYTES });
  if (!isForAdapter(sockets)) throw new Error("not the WebSocket server that was made");
  const running = new Set<Promise<Response>>();
  const options = {
    fetch(request: Request, bindings: HttpBindings | Http2Bindings) {
      const answer = Promise.resolve(app.fetch(request, bindings));
      running.add(answer);
      answer.finally(() => running.delete(answer)).catch(() => {});
      return answer;
    },
    hostname: host,
    port,
    websocket: { server: sockets },
    serverOptions: { requestTimeout: REQUEST_LIMIT_MS },
  };
  const server = serve(options, (address) => listening.resolve(address.port)) as Server;
  server.once("error", (cause) => {
    listening.reject(
      new AppError("unavailable", `Port ${port} cannot be used. Stop what uses it, or set HARK_PORT to another.`, {
        cause,
      }),
    );
  });
  const name = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${name}:${await listening.promise}`, close: () => closeServer(server, sockets, running) };
}

/** The adapter describes ws in types of its own, which the published types of ws do not fit to the letter. */
function isForAdapter(sockets: unknown): sockets is WebSocketServerLike {
  return sockets instanceof WebSocketServer;
}

/** Ends with the requests: also those whose connection has gone still have to remove what they began. */
async function closeServer(
  server: Server,
  sockets: WebSocketServer,
  running: ReadonlySet<Promise<Response>>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  for (const socket of sockets.clients) socket.close(GOING_AWAY, "The server stops.");
  const grace = setTimeout(() => {
    server.closeAllConnections();
    for (const socket of sockets.clients) socket.terminate();
  }, CLOSE_GRACE_MS);
  await closed;
  clearTimeout(grace);
  await Promise.race([Promise.allSettled(running), sleep(CLEAN_UP_MS, undefined, { ref: false })]);
}
