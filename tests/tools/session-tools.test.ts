import { afterAll, expect, test } from "vitest";
import { createApplication } from "../../src/application.ts";
import { SCOPES } from "../../src/caller.ts";
import { readConfig } from "../../src/config.ts";
import { sessionResource } from "../../src/resources/session-resource.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { runTool } from "../../src/tools/run-tool.ts";
import type { CallContext, Services } from "../../src/tools/tool.ts";
import { execution, turn } from "../sessions/session-values.ts";
import { createTestDatabase } from "../storage/test-database.ts";

const { home, databaseUrl } = await createTestDatabase();
const application = (environment: Readonly<Record<string, string>> = {}) =>
  createApplication(
    readConfig({ HARK_HOME: home, DATABASE_URL: databaseUrl, HARK_TOOLSETS: "question", ...environment }),
    createLogger("silent"),
  );
const shared = application();
afterAll(() => shared.close());

const servicesOf = (owner: string) => shared.servicesFor({ owner, keyId: `key of ${owner}`, scopes: new Set(SCOPES) });
const contextOf = (services: Services): CallContext => ({
  services,
  signal: new AbortController().signal,
  progress: () => {},
});

async function call(name: string, input: unknown, services: Services): Promise<Record<string, unknown>> {
  const tool = shared.tools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return (await runTool(tool, input, contextOf(services))).value;
}

test("list_sessions shows the caller's conversations, page by page", async () => {
  const services = servicesOf("lister");
  const sessions = await services.sessions();
  const ids: string[] = [];
  for (const title of ["one", "two", "three"]) {
    const { id } = await sessions.create({ trackId: "trk_1", title });
    if (title !== "one") await sessions.append(id, turn({ costUsd: 0 }));
    ids.push(id);
  }
  const [oldest = ""] = ids;
  await sessions.append(oldest, turn({ costUsd: null }));
  await sessions.append(oldest, turn({ costUsd: 0.25 }));
  const first = await call("list_sessions", { limit: 2 }, services);
  expect(first.sessions).toMatchObject([
    { session_id: oldest, track_id: "trk_1", title: "one", turns: 2, cost_usd: 0.25, turns_of_unknown_cost: 1 },
    { turns: 1, cost_usd: 0 },
  ]);
  const second = await call("list_sessions", { limit: 2, cursor: first.next_cursor }, services);
  expect(second).toMatchObject({ sessions: [{ turns: 1 }], next_cursor: null });
  await expect(call("list_sessions", { cursor: "nonsense" }, services)).rejects.toMatchObject({
    kind: "invalid_input",
  });
});

test("hark://sessions/{id} has the turns, the summary, and every run with its latency", async () => {
  const services = servicesOf("reader");
  const sessions = await services.sessions();
  const { id } = await sessions.create({ trackId: "trk_1", title: "What is the tempo?" });
  await sessions.append(id, turn());
  await sessions.setSummary(id, { text: "They asked for the tempo.", coversTurns: 1 }, 0.5);
  await sessions.logExecution(id, execution({ durationMs: 3.5 }));
  await sessions.logExecution(id, execution({ kind: "model", name: "test/model", errorKind: "upstream" }));
  expect(await sessionResource.read({ id }, contextOf(services))).toMatchObject({
    session_id: id,
    turns: 1,
    cost_usd: 0.501,
    summary: { text: "They asked for the tempo.", covers_turns: 1 },
    turn_log: [{ position: 1, track_id: "trk_1", question: "What is the tempo?", claims: { supported: 1 } }],
    executions: [
      { kind: "tool", name: "analyse_rhythm", duration_ms: 3.5, success: true, error_kind: null },
      { kind: "model", name: "test/model", success: false, error_kind: "upstream" },
    ],
  });
  expect(await sessionResource.list?.(contextOf(services))).toEqual([
    { uri: `hark://sessions/${id}`, name: id, title: "What is the tempo?" },
  ]);
});

test("forget_session removes a conversation, and says when there was none", async () => {
  const services = servicesOf("forgetter");
  const { id } = await (await services.sessions()).create({ trackId: "trk_1", title: "t" });
  expect(await call("forget_session", { session_id: id }, services)).toEqual({ session_id: id, forgotten: true });
  expect(await call("forget_session", { session_id: id }, services)).toEqual({ session_id: id, forgotten: false });
  const read = sessionResource.read({ id }, contextOf(services));
  await expect(read).rejects.toMatchObject({ kind: "not_found" });
});

test("another owner sees nothing of a conversation, by tool or by resource", async () => {
  const [mine, theirs] = [servicesOf("alice"), servicesOf("bob")];
  const { id } = await (await mine.sessions()).create({ trackId: "trk_1", title: "secret" });
  await (await mine.sessions()).append(id, turn());
  expect(await call("list_sessions", {}, theirs)).toEqual({ sessions: [], next_cursor: null });
  expect(await call("forget_session", { session_id: id }, theirs)).toEqual({ session_id: id, forgotten: false });
  expect(await sessionResource.list?.(contextOf(theirs))).toEqual([]);
  const nobodys = "ses_00000000000000000000";
  const messages: string[] = [];
  for (const asked of [id, nobodys]) {
    const error = await sessionResource.read({ id: asked }, contextOf(theirs)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "not_found" });
    messages.push(String(error).replace(asked, "ID"));
  }
  expect(messages[0]).toBe(messages[1]);
  expect(await call("list_sessions", {}, mine)).toMatchObject({ sessions: [{ session_id: id }] });
});

test("the lifetime of sessions is the one that is set", async () => {
  const own = application({ HARK_SESSION_TTL_DAYS: "2" });
  try {
    const created = await (await own.services.sessions()).create({ trackId: "trk_1", title: "t" });
    expect(created.expiresAt.getTime() - created.createdAt.getTime()).toBe(2 * 86_400_000);
  } finally {
    await own.close();
  }
});

test("where no database is wanted, conversations stay in memory", async () => {
  const nowhere = "postgres://nobody@127.0.0.1:1/none";
  const own = application({ HARK_PROVIDER: "live", DATABASE_URL: nowhere });
  try {
    const { id } = await (await own.services.sessions()).create({ trackId: "trk_1", title: "t" });
    expect(await (await own.services.sessions()).find(id)).toMatchObject({ title: "t" });
  } finally {
    await own.close();
  }
});
