/** What a key may do at the endpoints that are no tools. */
import { afterAll, expect, test } from "vitest";
import type { Scope } from "../../src/caller.ts";
import { startTwoOwners } from "./two-owners.ts";

const server = await startTwoOwners();

afterAll(() => server[Symbol.asyncDispose]());

const json = (body: object) => ({ method: "POST", body: JSON.stringify(body) });
const form = () => {
  const body = new FormData();
  body.append("file", new Blob(["no audio"]), "a.wav");
  return { method: "POST", body };
};

async function send(scopes: readonly Scope[], path: string, request: RequestInit): Promise<Response> {
  const { key } = await server.holder("ann", scopes);
  return fetch(`${server.url}${path}`, { ...request, headers: { authorization: `Bearer ${key}` } });
}

test.each<[string, string, () => RequestInit, Scope, number]>([
  ["upload", "/v1/tracks", form, "write", 400],
  ["remove a track", "/v1/tracks/trk_0", () => ({ method: "DELETE" }), "write", 404],
  ["look at a track", "/v1/tracks/trk_0", () => ({}), "read", 404],
  ["list tracks", "/v1/tracks", () => ({}), "read", 200],
  ["ask", "/v1/tracks/trk_0/questions", () => json({ text: "?" }), "ask", 404],
  ["chat with a model", "/v1/llm/chat", () => json({ messages: [] }), "ask", 400],
  ["stream from a model", "/v1/llm/stream", () => json({ messages: [] }), "ask", 400],
  ["list the models", "/v1/llm/models", () => ({}), "read", 200],
  ["see the costs", "/v1/gateway/report", () => ({}), "read", 200],
])("to %s takes its scope", async (_name, path, request, scope, status) => {
  const others = (["read", "write", "files", "ask"] as const).filter((other) => other !== scope);
  const refused = await send(others, path, request());
  expect(refused.status).toBe(403);
  expect(String(Object(await refused.json()).detail)).toContain(`"${scope}"`);
  expect((await send([scope], path, request())).status).toBe(status);
});
