/** What no recording can have is refused before a job is made, over MCP and REST alike. */
import type { CallToolResult } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTwoOwners, type TwoOwners } from "../http/two-owners.ts";
import { clientOf, connectHttp } from "../mcp/connect.ts";

let hark: TwoOwners;
let path: string;
beforeAll(async () => {
  const limits = { HARK_RATE_LIMIT: "read=200/10000s, write=200/10000s" };
  hark = await startTwoOwners({ HARK_TOOLSETS: "default,processing", HARK_WORKER: "0", ...limits });
  path = await hark.writeSine("a.wav", 440);
});
afterAll(() => hark[Symbol.asyncDispose]());

const CASES: readonly (readonly [tool: string, parameters: Readonly<Record<string, unknown>>, says: RegExp])[] = [
  ["apply_effects", {}, /Give effects, or a preset/],
  ["apply_effects", { effects: [] }, /Give effects, or a preset/],
  ["apply_effects", { preset: "no_such" }, /preset: /],
  ["apply_effects", { effects: [{ type: "trim", start_seconds: 3, end_seconds: 2 }] }, /leaves nothing/],
  ["apply_effects", { preset: "lo_fi", preview_start_seconds: 1 }, /goes with preview_seconds/],
  ["apply_effects", { effects: [{ type: "gain", gain_db: 1e9 }] }, /gain_db/],
  ["apply_effects", { effects: [{ type: "low_pass", frequency_hz: "440,volume=9" }] }, /frequency_hz/],
  ["normalize_loudness", { preset: "streaming", target_lufs: -16 }, /not both/],
  ["normalize_loudness", { preset: "no_such" }, /preset: /],
  ["convert_audio", { format: "mp3", quality: "lossless" }, /always lossy/],
  ["convert_audio", { format: "opus", sample_rate_hz: 44_100 }, /no sample rate of 44100/],
  ["convert_audio", { format: "flac", bit_depth: 32 }, /no bit depth of 32/],
  ["convert_audio", { format: "mp3", channels: 6 }, /at most 2 channels/],
  ["separate_stems", { format: "flac", sample_format: "float32" }, /no float samples/],
  ["transcribe_audio", { engine: "pocketsphinx", model: "whisper-base" }, /takes no model/],
  ["transcribe_audio", { engine: "pocketsphinx", language: "de" }, /English only/],
];

test("parameters that contradict each other make no job and add no track", async () => {
  const client = await connectHttp(clientOf("2026-07-28"), `${hark.url}/mcp`, {
    authorization: `Bearer ${hark.ann.key}`,
  });
  expect(CASES.length).toBeGreaterThan(0);
  for (const [name, parameters, says] of CASES) {
    for (const place of [
      { track_id: path },
      { track_ids: [path, "trk_0"] },
      { folder: hark.folder, output_dir: "x" },
    ]) {
      const args = { ...place, ...parameters };
      const rest = await hark.ann.tool(name, args);
      expect(rest, JSON.stringify(args)).toMatchObject({ status: 400, json: { kind: "invalid_input" } });
      expect(rest.json.detail).toMatch(says);
      const answer = (await client.callTool({ name, arguments: args })) as CallToolResult;
      expect(answer.isError).toBe(true);
      expect(answer.content[0]).toMatchObject({ type: "text", text: expect.stringMatching(/^invalid_input: /) });
    }
  }
  await client.close();
  expect((await hark.ann.tool("list_jobs", {})).json.jobs).toEqual([]);
  expect((await hark.ann.tool("list_tracks", {})).json.tracks).toEqual([]);
});
