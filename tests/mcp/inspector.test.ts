import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { serverEnvironment, type TemporaryHome, temporaryHome } from "./temporary-home.ts";
import { sineFile } from "./test-audio.ts";
import { TOOL_COUNT } from "./tool-count.ts";

const manifest = createRequire(import.meta.url).resolve("@modelcontextprotocol/inspector/package.json");

let home: TemporaryHome;
let inspector: string;

beforeAll(async () => {
  home = await temporaryHome();
  const { bin } = z
    .object({ bin: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(manifest, "utf8")));
  inspector = join(dirname(manifest), bin["mcp-inspector"] ?? "");
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

/** Runs the MCP Inspector's command line on Hark. Rejects unless it ends with code 0. */
async function inspect(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const settings = ["-e", `HARK_HOME=${home.path}`, "-e", `HARK_ROOTS=${home.path}`];
  const server = [process.execPath, "src/server.ts"];
  // It keeps a catalogue of servers in the home folder.
  const env = serverEnvironment({ HOME: home.path, USERPROFILE: home.path });
  return promisify(execFile)(process.execPath, [inspector, "--cli", ...server, ...settings, ...args], { env });
}

describe.each([
  { era: "2025", options: [] },
  { era: "2026", options: ["--protocol-era", "modern"] },
])("the MCP Inspector, with the protocol of $era,", ({ options }) => {
  test("finds no error in the list of tools", async () => {
    const { stdout, stderr } = await inspect("--method", "tools/list", "--strict", ...options);
    expect(JSON.parse(stdout)).toMatchObject({ tools: { length: TOOL_COUNT } });
    expect(stderr).toBe("");
  });

  test("calls a tool", async () => {
    const path = join(home.path, "sine.wav");
    await writeFile(path, sineFile(2));
    const call = ["--method", "tools/call", "--tool-name", "analyse_temporal"];
    const args = ["--tool-args-json", JSON.stringify({ track_id: path })];
    const { stdout } = await inspect(...call, ...args, ...options);
    expect(JSON.parse(stdout)).toMatchObject({ structuredContent: { rms_dbfs: expect.closeTo(-9.03, 1) } });
  });
});
