import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendJson, startTwoOwners, type TwoOwners } from "./two-owners.ts";

const APP = "https://app.example";

let hark: TwoOwners;

beforeAll(async () => {
  hark = await startTwoOwners({
    HARK_CORS_ORIGINS: `${APP}, http://localhost:5173`,
    HARK_ALLOWED_HOSTS: "hark.example",
  });
});

afterAll(() => hark[Symbol.asyncDispose]());

const preflight = (origin: string) =>
  sendJson(`${hark.url}/v1/tools/list_tracks`, "OPTIONS", { origin, "access-control-request-method": "POST" });

test("a preflight of a page in the list is answered without a credential", async () => {
  const { status, headers } = await preflight(APP);
  expect(status).toBe(204);
  expect(headers.get("access-control-allow-origin")).toBe(APP);
  expect(headers.get("access-control-allow-methods")).toContain("DELETE");
  expect(headers.get("access-control-allow-headers")).toMatch(/authorization.*x-api-key/);
  expect(headers.get("access-control-allow-credentials")).toBeNull();
  expect(headers.get("vary")).toContain("origin");
});

test("its requests can be read by it, refusals too", async () => {
  for (const [headers, status] of [
    [{ authorization: `Bearer ${hark.ann.key}` }, 200],
    [{}, 401],
  ] as const) {
    const answer = await sendJson(`${hark.url}/v1/tools/list_tracks`, "POST", { ...headers, origin: APP }, {});
    expect(answer.status).toBe(status);
    expect(answer.headers.get("access-control-allow-origin")).toBe(APP);
    expect(answer.headers.get("access-control-expose-headers")).toMatch(/ratelimit.*retry-after.*x-request-id/);
  }
  const mcp = await sendJson(`${hark.url}/mcp`, "POST", { authorization: `Bearer ${hark.ann.key}`, origin: APP }, {});
  expect(mcp.headers.get("access-control-allow-origin")).toBe(APP);
});

describe("a page that is not in the list is answered 403 and reads nothing", () => {
  test.each([
    "https://evil.example",
    "http://app.example",
    "https://app.example:8443",
    "https://app.example.evil.example",
    "https://evil-app.example",
    "null",
  ])("%s", async (origin) => {
    for (const answer of [
      await preflight(origin),
      await sendJson(
        `${hark.url}/v1/tools/list_tracks`,
        "POST",
        { authorization: `Bearer ${hark.ann.key}`, origin },
        {},
      ),
      await sendJson(`${hark.url}/health`, "GET", { origin }),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

test("pages of this machine and of the server's own host may ask, and only those in the list are told so", async () => {
  const ask = (origin: string) => sendJson(`${hark.url}/health`, "GET", { origin });
  expect((await ask("http://localhost:5173")).headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
  for (const origin of ["http://localhost:3000", "https://hark.example"]) {
    const answer = await ask(origin);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  }
});

test.each([
  ["hark.example", 200],
  ["hark.example:8443", 200],
  ["evil.example", 403],
  ["hark.example.evil.example", 403],
])("a request for the host %s is answered %i", async (host, status) => {
  const answered = new Promise((resolve, reject) => {
    request(`${hark.url}/health`, { headers: { host } }, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
  expect(await answered).toBe(status);
});
