import { tmpdir } from "node:os";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createApplication } from "../../src/application.ts";
import { readConfig } from "../../src/config.ts";
import { createHttpApp } from "../../src/http/app.ts";
import { serverDocument } from "../../src/http/openapi.ts";

const logger = pino({ level: "silent" });
const METHODS = ["get", "post", "put", "patch", "delete"];
const TOOL = "/v1/tools/{name}";

// Nothing is opened: routes are there before the first request.
const settings = {
  HARK_HOME: tmpdir(),
  HARK_TOOLSETS: "default,gateway,question",
  HARK_OAUTH_ISSUER: "https://a.example",
};
const application = createApplication(readConfig(settings), logger);
const mcp = { fetch: async () => new Response(), close: async () => {} };
const app = createHttpApp({ ...application, mcp, version: "1.2.3", logger });
const document = Object(JSON.parse(JSON.stringify(serverDocument(application.tools, "1.2.3"))));
const paths = document.paths as Record<string, Record<string, { operationId: string; parameters?: unknown[] }>>;

/** Every tool under its name is described, and one route serves them. */
function documentedPath(path: string): string {
  return application.tools.some(({ name }) => path === `/v1/tools/${name}`) ? TOOL : path;
}

const served = app.routes
  .filter(({ path }) => !path.endsWith("*"))
  .map(({ method, path }) => ({ method: method.toLowerCase(), path: path.replaceAll(/:(\w+)/g, "{$1}") }));

test("every route of the server is described", () => {
  const described = new Set(
    Object.entries(paths).flatMap(([path, methods]) =>
      ["all", ...Object.keys(methods)].map((method) => `${method} ${documentedPath(path)}`),
    ),
  );
  expect(served.length).toBeGreaterThan(20);
  const missing = served.map(({ method, path }) => `${method} ${path}`).filter((route) => !described.has(route));
  expect(missing).toEqual([]);
});

test("everything described is served", () => {
  const routes = new Set(served.map(({ method, path }) => `${method} ${path}`));
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method, path: documentedPath(path) })),
  );
  expect(operations.length).toBeGreaterThan(30);
  for (const { method, path } of operations) {
    expect(METHODS, `${method} ${path}`).toContain(method);
    expect(routes.has(`${method} ${path}`) || (path === "/mcp" && routes.has("all /mcp")), `${method} ${path}`).toBe(
      true,
    );
  }
  for (const { name } of application.tools) expect(paths).toHaveProperty([`/v1/tools/${name}`, "post"]);
});

test("operations have names of their own, and a parameter for each part of a path that varies", () => {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, ...operation })),
  );
  const ids = operations.map(({ operationId }) => operationId);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  for (const { path, operationId, parameters = [] } of operations) {
    expect(operationId).toMatch(/^\w+$/);
    const variable = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const given = parameters.map(Object).filter((parameter) => parameter.in === "path");
    expect(
      given.map(({ name }) => name),
      path,
    ).toEqual(variable);
  }
});

test("is OpenAPI 3.1, whose references lead somewhere", () => {
  expect(document.openapi).toBe("3.1.0");
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target = ""]) => target);
  expect(references.length).toBeGreaterThan(0);
  for (const reference of new Set(references)) {
    expect(reference).toMatch(/^#\//);
    const target = reference
      .slice(2)
      .split("/")
      .reduce<unknown>((node, key) => Object(node)[key.replaceAll("~1", "/").replaceAll("~0", "~")], document);
    expect(target, reference).toBeDefined();
  }
});
