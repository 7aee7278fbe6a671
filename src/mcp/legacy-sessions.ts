/**
 * Sessions for the protocol versions of 2025 over HTTP, where a connection is opened by `initialize` and named by a session
 * id: cancellation and requests towards the client need the server instance that is working. 2026-07-28 has no sessions.
 */
import { randomUUID } from "node:crypto";
import { isInitializeRequest, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { Caller } from "../caller.ts";
import type { MakeMcpServer } from "./server-factory.ts";

/** A session that was not used for this long is closed; its client gets 404 and opens a new one, as the protocol says. */
const IDLE_MS = 30 * 60_000;

/** Beyond this the session that was idle for longest is closed. */
const MAX_SESSIONS = 500;

const SESSION_HEADER = "mcp-session-id";

interface Session {
  /** Who opened it, with which rights: nobody else may use it. */
  readonly boundTo: string;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly close: () => Promise<void>;
  usedAt: number;
}

export class LegacySessions {
  readonly #makeServer: MakeMcpServer;
  /** By id, in order of last use. */
  readonly #sessions = new Map<string, Session>();

  constructor(makeServer: MakeMcpServer) {
    this.#makeServer = makeServer;
  }

  /** Whether a request belongs here: it names a session, or its body asks for one. */
  accepts(request: Request, body: unknown): boolean {
    return request.headers.has(SESSION_HEADER) || isInitializeRequest(body);
  }

  /** Serves one request of a session. An unknown session, or one of another caller, is answered 404, so that the client starts anew. */
  async handle(request: Request, parsedBody: unknown, caller: Caller): Promise<Response> {
    await this.#closeIdle();
    const id = request.headers.get(SESSION_HEADER);
    if (id === null) return (await this.#open(caller)).transport.handleRequest(request, { parsedBody });
    const session = this.#sessions.get(id);
    if (session?.boundTo !== identityOf(caller)) {
      const error = { code: -32_001, message: "Session not found" };
      return Response.json({ jsonrpc: "2.0", id: null, error }, { status: 404 });
    }
    this.#touch(id, session);
    return session.transport.handleRequest(request, { parsedBody });
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.close()));
  }

  async #open(caller: Caller): Promise<Session> {
    const server = this.#makeServer(caller);
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => this.#touch(id, session),
      onsessionclosed: (id) => void this.#sessions.delete(id),
    });
    const boundTo = identityOf(caller);
    const session: Session = { boundTo, transport, close: () => server.close(), usedAt: Date.now() };
    await server.connect(transport);
    return session;
  }

  #touch(id: string, session: Session): void {
    session.usedAt = Date.now();
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
  }

  async #closeIdle(): Promise<void> {
    const oldestAllowed = Date.now() - IDLE_MS;
    for (const [id, session] of this.#sessions) {
      if (session.usedAt >= oldestAllowed && this.#sessions.size <= MAX_SESSIONS) return;
      this.#sessions.delete(id);
      await session.close();
    }
  }
}

/** With its scopes: a new token of the same caller may have fewer. */
function identityOf({ owner, keyId, scopes }: Caller): string {
  return JSON.stringify([owner, keyId, [...scopes].sort()]);
}
