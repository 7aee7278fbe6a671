/** What a caller may do at the endpoints that are no tools. */
import { Hono } from "hono";
import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import { LOCAL_CALLER, type Scope } from "../../src/caller.ts";
import { toAppError } from "../../src/errors.ts";
import { llmRoutes } from "../../src/http/llm.ts";
import { problemResponse } from "../../src/http/problem.ts";
import { questionRoutes } from "../../src/http/questions.ts";
import type { ServicesOf } from "../../src/http/services-of.ts";
import { trackRoutes } from "../../src/http/tracks.ts";
import { ScriptedRouter } from "./scripted-router.ts";
import { startTestServer } from "./test-server.ts";

const logger = pino({ level: "silent" });
const server = await startTestServer();

afterAll(() => server[Symbol.asyncDispose]());

/** The endpoints for a caller with these scopes. */
function appFor(scopes: readonly Scope[]): Hono {
  const caller = { ...LOCAL_CALLER, scopes: new Set(scopes) };
  const servicesOf: ServicesOf = () => ({ ...server.application.services, caller });
  const routerFor = async () => new ScriptedRouter();
  return new Hono()
    .route("/", trackRoutes({ servicesOf, readOnly: false }))
    .route("/", questionRoutes({ servicesOf, routerFor, logger }))
    .route("/", llmRoutes({ servicesOf, logger }))
    .onError((error) => problemResponse(toAppError(error)));
}

const json = (body: object) => ({ method: "POST", body: JSON.stringify(body) });
const form = () => {
  const body = new FormData();
  body.append("file", new Blob(["no audio"]), "a.wav");
  return { method: "POST", body };
};

test.each<[string, string, () => RequestInit, Scope, number]>([
  ["upload", "/v1/tracks", form, "write", 400],
  ["look at a track", "/v1/tracks/trk_0", () => ({}), "read", 404],
  ["ask", "/v1/tracks/trk_0/questions", () => json({ text: "?" }), "ask", 404],
  ["chat with a model", "/v1/llm/chat", () => json({ messages: [] }), "ask", 400],
  ["stream from a model", "/v1/llm/stream", () => json({ messages: [] }), "ask", 400],
  ["list the models", "/v1/llm/models", () => ({}), "read", 200],
])("to %s takes its scope", async (_name, path, request, scope, status) => {
  const others = (["read", "write", "files", "ask"] as const).filter((other) => other !== scope);
  const refused = await appFor(others).request(path, request());
  expect(refused.status).toBe(403);
  expect(String(Object(await refused.json()).detail)).toContain(`"${scope}"`);
  expect((await appFor([scope]).request(path, request())).status).toBe(status);
});
