import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";

test("weights for research are allowed only where it is said", () => {
  expect(readConfig({ HARK_HOME: "/data" }).models).toMatchObject({
    folder: join("/data", "models"),
    licences: new Set(["permissive"]),
  });
  const { models } = readConfig({ HARK_MODELS_DIR: "/weights", HARK_MODEL_LICENCES: "research" });
  expect(models).toMatchObject({ folder: "/weights", licences: new Set(["permissive", "research"]) });
});

test("an empty environment gives the defaults", () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    provider: "cache-first",
    host: "127.0.0.1",
    port: 8974,
    readOnly: false,
    logLevel: "warn",
  });
  expect(config.databaseUrl).toBeUndefined();
  expect(config.rootsAreExplicit).toBe(false);
  expect(config.roots).toContain(process.cwd());
});

test("an empty variable counts as unset", () => {
  expect(readConfig({ HARK_PORT: "", DATABASE_URL: "", HARK_ROOTS: "" })).toEqual(readConfig({}));
});

test("roots are separated like PATH and made absolute", () => {
  const { roots, rootsAreExplicit } = readConfig({ HARK_ROOTS: ["/music", "relative"].join(delimiter) });
  expect(roots).toEqual(["/music", `${process.cwd()}/relative`]);
  expect(rootsAreExplicit).toBe(true);
});

test("keys of language models are said to be set, never shown", () => {
  const { settings, gateway } = readConfig({ OPENAI_API_KEY: "sk-secret", XDG_CONFIG_HOME: "/etc/me" });
  expect(settings.find(({ name }) => name === "OPENAI_API_KEY")).toMatchObject({ value: "set" });
  expect(JSON.stringify(settings)).not.toContain("sk-secret");
  expect(gateway.keysFile).toBe("/etc/me/hark/.env");
});

test("the secret of tokens is said to be set, never shown, not even when it is too short", () => {
  const secret = "a secret of more than thirty-two bytes";
  const { settings, access } = readConfig({ HARK_JWT_SECRET: secret });
  expect(access.jwt.secret).toBe(secret);
  expect(settings.find(({ name }) => name === "HARK_JWT_SECRET")).toMatchObject({ value: "set" });
  expect(JSON.stringify(settings)).not.toContain(secret);
  const short = "too short to be safe";
  expect(() => readConfig({ HARK_JWT_SECRET: short })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining(short) }),
  );
});

test("who may use the HTTP server is nobody else by default, and the limits are shown as they are written", () => {
  const { access, settings } = readConfig({ HARK_CORS_ORIGINS: "https://app.example, http://localhost:5173" });
  expect(access).toMatchObject({ isRequired: false, allowedHosts: [], oauthIssuers: [] });
  expect(access.corsOrigins).toEqual(["https://app.example", "http://localhost:5173"]);
  expect(settings.find(({ name }) => name === "HARK_RATE_LIMIT")?.value).toContain("read=60/10s burst 120");
});

test("lists are separated by commas", () => {
  expect(readConfig({ HARK_TOOLS: "doctor, list_tracks" }).tools).toEqual(["doctor", "list_tracks"]);
});

describe("a wrong value is refused with the variable's name", () => {
  test.each([
    ["HARK_PORT", "eighty"],
    ["HARK_PORT", "70000"],
    ["HARK_PROVIDER", "sometimes"],
    ["HARK_READ_ONLY", "perhaps"],
    ["HARK_LOG_LEVEL", "loud"],
    ["HARK_MAX_CHANNELS", "0"],
    ["HARK_BUDGET_DAY_USD", "-1"],
    ["HARK_AUTH", "maybe"],
    ["HARK_MODEL_LICENCES", "any"],
    ["HARK_JWT_SECRET", "x".repeat(31)],
    ["HARK_JWT_JWKS_URL", "http://id.example/jwks"],
    ["HARK_PUBLIC_URL", "hark.example"],
    ["HARK_CORS_ORIGINS", "*"],
    ["HARK_CORS_ORIGINS", "https://app.example/"],
    ["HARK_CORS_ORIGINS", "null"],
    ["HARK_RATE_LIMIT", "read=often"],
  ])("%s=%s", (variable, value) => {
    expect(() => readConfig({ [variable]: value })).toThrow(
      expect.objectContaining({ kind: "invalid_input", message: expect.stringContaining(variable) }),
    );
  });
});
