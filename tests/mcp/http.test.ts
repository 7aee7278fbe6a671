import { type IncomingHttpHeaders, request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientOf, connectHttp } from "./connect.ts";
import { type HttpServerProcess, startHttpServer } from "./http-server-process.ts";
import { INITIALIZE } from "./raw-stdio.ts";
import { type TemporaryHome, temporaryHome } from "./temporary-home.ts";
import { TOOL_COUNT } from "./tool-count.ts";

const JSON_HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

const LIST = { method: "tools/list", params: {} };

/** The same list as protocol 2026-07-28 asks for it: no session, everything in the request. */
const MODERN_LIST = {
  method: "tools/list",
  params: {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1.0.0" },
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  },
};
const MODERN_HEADERS = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list" };

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let home: TemporaryHome;
let server: HttpServerProcess;

beforeAll(async () => {
  home = await temporaryHome();
  server = await startHttpServer(["src/server.ts", "--http"], { HARK_HOME: home.path, HARK_LOG_LEVEL: "silent" });
});

afterAll(async () => {
  await server.close();
  await home[Symbol.asyncDispose]();
});

/** One request with exactly these headers; `fetch` does not let Host be chosen. */
async function send(method: string, headers: Readonly<Record<string, string>>, body?: unknown): Promise<Answer> {
  const answer = Promise.withResolvers<Answer>();
  const outgoing = request(server.url, { method, headers: { ...JSON_HEADERS, ...headers } }, (incoming) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("error", answer.reject);
    incoming.on("end", () => {
      const { statusCode: status = 0, headers: given } = incoming;
      answer.resolve({ status, headers: given, body: Buffer.concat(chunks).toString() });
    });
  });
  outgoing.on("error", answer.reject);
  outgoing.end(
    typeof body === "string" || body === undefined ? body : JSON.stringify({ jsonrpc: "2.0", id: 1, ...body }),
  );
  return answer.promise;
}

async function openSession(): Promise<{ "mcp-session-id": string; "mcp-protocol-version": string }> {
  const { status, headers } = await send("POST", {}, INITIALIZE);
  expect(status).toBe(200);
  return { "mcp-session-id": String(headers["mcp-session-id"]), "mcp-protocol-version": "2025-11-25" };
}

describe("who may speak to the server", () => {
  test.each(["https://evil.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example:8974", "null"])(
    "a page from %s may not",
    async (origin) => {
      expect((await send("POST", { origin }, INITIALIZE)).status).toBe(403);
      expect((await send("POST", { origin, ...MODERN_HEADERS }, MODERN_LIST)).status).toBe(403);
      expect((await send("GET", { origin })).status).toBe(403);
    },
  );

  test.each(["evil.example", "evil.example:8974", "127.0.0.1.evil.example", "localhost.evil.example:80"])(
    "a request for the host %s may not",
    async (host) => {
      expect((await send("POST", { host }, INITIALIZE)).status).toBe(403);
      expect((await send("POST", { host, ...MODERN_HEADERS }, MODERN_LIST)).status).toBe(403);
    },
  );

  test("programs on this machine may, and so may its pages", async () => {
    for (const origin of ["http://localhost:3000", "http://127.0.0.1:6274"]) {
      expect((await send("POST", { origin }, INITIALIZE)).status).toBe(200);
    }
    for (const host of ["localhost", `127.0.0.1:${new URL(server.url).port}`]) {
      expect((await send("POST", { host, ...MODERN_HEADERS }, MODERN_LIST)).status).toBe(200);
    }
  });
});

describe("bodies that are no requests", () => {
  test("one that is larger than 4 MB is refused", async () => {
    const params = { name: "get_track", arguments: { track_id: "x".repeat(5 * 1024 * 1024) } };
    const { status, body } = await send("POST", {}, { method: "tools/call", params });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).toContain("4 MB");
  });

  test.each(["", "garbage", "[]", "null", '{"jsonrpc":"2.0"}', "[1,2,3]"])(
    "%j is refused and harms nothing",
    async (body) => {
      const answer = await send("POST", {}, body);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toMatchObject({ jsonrpc: "2.0", error: { code: expect.any(Number) } });
      expect((await send("POST", MODERN_HEADERS, MODERN_LIST)).status).toBe(200);
    },
  );
});

describe("sessions of protocol 2025-11-25", () => {
  test("end when the client deletes them, and are then unknown", async () => {
    const session = await openSession();
    expect((await send("POST", session, LIST)).status).toBe(200);
    expect((await send("DELETE", session)).status).toBe(200);
    expect((await send("POST", session, LIST)).status).toBe(404);
    expect((await send("DELETE", session)).status).toBe(404);
  });

  test("that nobody opened are unknown", async () => {
    const session = { "mcp-session-id": "00000000-0000-4000-8000-000000000000" };
    for (const method of ["POST", "GET", "DELETE"]) {
      expect((await send(method, session, method === "POST" ? LIST : undefined)).status, method).toBe(404);
    }
  });

  test("of two clients at once are two, and closing one leaves the other", async () => {
    const [one, two] = await Promise.all([openSession(), openSession()]);
    expect(one).not.toEqual(two);
    const answers = await Promise.all([one, two, one, two].map((session) => send("POST", session, LIST)));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    expect((await send("DELETE", one)).status).toBe(200);
    expect((await send("POST", two, LIST)).status).toBe(200);
    expect((await send("DELETE", two)).status).toBe(200);
  });
});

test("clients of both eras are served at once", async () => {
  const clients = await Promise.all(
    (["2025-11-25", "2026-07-28", "2025-11-25", "2026-07-28"] as const).map((era) =>
      connectHttp(clientOf(era), server.url),
    ),
  );
  const lists = await Promise.all(clients.map((client) => client.listTools()));
  expect(lists.map((list) => list.tools.length)).toEqual(Array(4).fill(TOOL_COUNT));
  await Promise.all(clients.map((client) => client.close()));
});

test("the server ends with code 0, with sessions open", async () => {
  await using own = await temporaryHome();
  const other = await startHttpServer(["src/server.ts", "--http"], { HARK_HOME: own.path });
  const client = await connectHttp(clientOf("2025-11-25"), other.url);
  await client.listTools();
  expect(await other.close()).toBe(0);
  await client.close();
});
