/**
 * Sessions for the protocol versions of 2025 over HTTP, where a connection is opened by `initialize` and named by a session
 * id: cancellation and requests towards the client need the server instance that is working. 2026-07-28 has no sessions.
 */
import { randomUUID } from "node:crypto";
import {
  isInitializeRequest,
  type McpServerFactory,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";

/** A session that was not used for this long is closed; its client gets 404 and opens a new one, as the protocol says. */
const IDLE_MS = 30 * 60_000;

/** Beyond this the session that was idle for longest is closed. */
const MAX_SESSIONS = 500;

const SESSION_HEADER = "mcp-session-id";

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly close: () => Promise<void>;
  usedAt: number;
}

export class LegacySessions {
  readonly #factory: McpServerFactory;
  /** By id, in order of last use. */
  readonly #sessions = new Map<string, Session>();

  constructor(factory: McpServerFactory) {
    this.#factory = factory;
  }

  /** Whether a request belongs here: it names a session, or its body asks for one. */
  accepts(request: Request, body: unknown): boolean {
    return request.headers.has(SESSION_HEADER) || isInitializeRequest(body);
  }

  /** Serves one request of a session. An unknown session is answered 404, so that the client starts anew. */
  async handle(request: Request, parsedBody: unknown): Promise<Response> {
    await this.#closeIdle();
    const id = request.headers.get(SESSION_HEADER);
    if (id === null) return (await this.#open(request)).transport.handleRequest(request, { parsedBody });
    const session = this.#sessions.get(id);
    if (session === undefined) {
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

  async #open(request: Request): Promise<Session> {
    const server = await this.#factory({ era: "legacy", requestInfo: request });
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => this.#touch(id, session),
      onsessionclosed: (id) => void this.#sessions.delete(id),
    });
    const session: Session = { transport, close: () => server.close(), usedAt: Date.now() };
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
