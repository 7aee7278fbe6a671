/** A question through MCP's own client: real servers, a real recording; only the model is scripted. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client, Progress } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, callsAnswer, chunk, llmServer } from "../fixtures/llm-server.ts";
import { scriptedConfig } from "../tools/scripted-gateway.ts";
import { SURFACES, startServers, type TestServers } from "./connect.ts";

let script: (call: number) => Answer = () => ({ status: 500 });
let calls = 0;
const llm = await llmServer(() => script(calls++));
const config = await scriptedConfig(llm.url);

let servers: TestServers;
let song: string;

beforeAll(async () => {
  servers = await startServers({ HARK_TOOLSETS: "default,question", ...config.environment });
  song = join(servers.home, "groove.wav");
  await copyFile("samples/groove.wav", song);
});

afterAll(async () => {
  await servers[Symbol.asyncDispose]();
  await llm[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

describe.each(SURFACES.filter(({ era, transport }) => era === "2026-07-28" || transport === "stdio"))(
  "ask_track over $transport with protocol $era",
  ({ transport, era }) => {
    let client: Client;

    beforeAll(async () => {
      ({ client } = await servers.connect({ transport, era }));
      calls = 0;
    });

    test("answers, and its progress holds every event in order", async () => {
      const { structuredContent: track } = await client.callTool({ name: "get_track", arguments: { track_id: song } });
      const { track_id } = Object(track);
      const words = ["It ", "runs ", "at ", "112.05 BPM."];
      script = (call) =>
        call === 0
          ? callsAnswer([{ name: "analyse_rhythm", arguments: { track_id } }], { text: "One moment." })
          : { stream: [...words.flatMap((content) => [chunk({ content }), { waitMs: 150 }]), chunk({}, "stop")] };
      const reports: Progress[] = [];
      const { structuredContent, isError } = await client.callTool(
        { name: "ask_track", arguments: { track_id, question: "How fast is it?" } },
        { onprogress: (progress) => reports.push(progress) },
      );
      expect(isError).toBeFalsy();
      expect(structuredContent).toMatchObject({
        response: "One moment.\n\nIt runs at 112.05 BPM.",
        claims: [{ text: "112.05 BPM", status: "supported", tool: "analyse_rhythm", field: "tempo_bpm" }],
      });
      const events = reports
        .flatMap(({ message = "" }) => message.split("\n"))
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line));
      const others = events.filter(({ type }) => type !== "token");
      expect(others).toEqual([
        { type: "tool_call", tool: "analyse_rhythm", arguments: { track_id } },
        { type: "tool_result", tool: "analyse_rhythm", success: true },
      ]);
      const tokens = events.filter(({ type }) => type === "token").map(({ text }) => text);
      expect(tokens.join("")).toBe("One moment.\n\nIt runs at 112.05 BPM.");
      expect(tokens.length).toBeGreaterThan(2);
      for (const [index, { progress }] of reports.entries()) {
        expect(progress).toBeGreaterThan(reports[index - 1]?.progress ?? 0);
        expect(progress).toBeLessThanOrEqual(1);
      }
    });

    test("a failure is an error result that begins with its kind", async () => {
      script = () => ({ status: 401 });
      const result = await client.callTool({ name: "ask_track", arguments: { track_id: song, question: "How fast?" } });
      expect(result).toMatchObject({
        isError: true,
        content: [{ type: "text", text: expect.stringMatching(/^unauthorised: mine refused.*Check the key/) }],
      });
      expect(result.structuredContent).toBeUndefined();
    });

    test("a client that cancels closes the connection to the model", async () => {
      const before = llm.abandoned();
      script = () => ({ stream: [chunk({ content: "It" }), { waitMs: 60_000 }] });
      const stopping = new AbortController();
      const asked = client.callTool(
        { name: "ask_track", arguments: { track_id: song, question: "How fast?" } },
        { signal: stopping.signal, onprogress: () => stopping.abort(new Error("no longer wanted")) },
      );
      await expect(asked).rejects.toThrow("no longer wanted");
      await expect.poll(llm.abandoned, { timeout: 5000 }).toBe(before + 1);
    });
  },
);

test("it is listed only where it is asked for", async () => {
  await using plain = await startServers();
  const { client } = await plain.connect({ transport: "stdio", era: "2026-07-28" });
  const { tools } = await client.listTools();
  expect(tools.length).toBeGreaterThan(10);
  expect(tools.map(({ name }) => name)).not.toContain("ask_track");
});
