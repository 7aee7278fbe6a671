import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { checkExposure, exposedHosts } from "../../src/http/exposure.ts";
import { serverEnvironment, temporaryHome } from "../mcp/temporary-home.ts";

const LOCAL = { host: "127.0.0.1", allowedHosts: [], isRequired: false };

describe("is refused", () => {
  test.each([
    ["an address that others can reach", { ...LOCAL, host: "0.0.0.0" }, /HARK_AUTH=required/],
    ["another one", { ...LOCAL, host: "192.168.1.2" }, /HARK_AUTH=required/],
    ["every address of IPv6", { ...LOCAL, host: "::" }, /HARK_AUTH=required/],
    ["a proxy's host", { ...LOCAL, allowedHosts: ["hark.example"] }, /HARK_AUTH=required/],
    ["every address, asked by no name", { ...LOCAL, host: "0.0.0.0", isRequired: true }, /HARK_ALLOWED_HOSTS/],
  ])("%s, with what to do", (_name, exposure, message) => {
    expect(() => checkExposure(exposure)).toThrow(
      expect.objectContaining({ kind: "invalid_input", message: expect.stringMatching(message) }),
    );
  });

  test("when the server starts, before anything listens", async () => {
    await using home = await temporaryHome();
    const { status, stderr } = spawnSync(process.execPath, ["src/server.ts", "--http"], {
      env: serverEnvironment({ HARK_HOME: home.path, HARK_HOST: "0.0.0.0", HARK_PORT: "0" }),
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(status).toBe(1);
    expect(stderr).toContain("HARK_AUTH=required");
  });
});

test.each([
  LOCAL,
  { ...LOCAL, host: "::1" },
  { host: "192.168.1.2", allowedHosts: [], isRequired: true },
  { host: "0.0.0.0", allowedHosts: ["hark.example"], isRequired: true },
])("%j is served", (exposure) => {
  expect(() => checkExposure(exposure)).not.toThrow();
});

test("an address may be asked for by itself, every address only by the names that are given", () => {
  expect(exposedHosts({ host: "192.168.1.2", allowedHosts: ["a.example"] })).toEqual(["192.168.1.2", "a.example"]);
  expect(exposedHosts({ host: "fd00::1", allowedHosts: [] })).toEqual(["[fd00::1]"]);
  expect(exposedHosts({ host: "0.0.0.0", allowedHosts: ["a.example"] })).toEqual(["a.example"]);
});
