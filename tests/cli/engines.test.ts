/** Engines from end to end: the command line and an MCP client, with the real weights. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { voice } from "../agents/voice-signals.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { wavFile } from "../fixtures/wav.ts";
import { startServers } from "../mcp/connect.ts";
import { hasOnnxRuntime, onnxNote } from "../models/onnx-runtime.ts";
import { newFolder } from "../models/small-model.ts";
import { hasReal, MODELS, realNote } from "../processing/real-models.ts";
import { runHark } from "./run-hark.ts";

const RATE = 16_000;
const WEIGHTS = "swift_f0.onnx";

function voiceFile(folder: string): string {
  const path = join(folder, "voice.wav");
  writeFileSync(path, wavFile([voice(() => 220, 3, RATE)], RATE));
  return path;
}

test("an engine whose model is missing is refused with what to do", async () => {
  const folder = newFolder();
  const options = { home: newFolder(), environment: { HARK_MODELS_DIR: folder, HARK_PROVIDER: "live" } };
  const run = await runHark(["analyse_pitch", voiceFile(folder), "--engine", "swift_f0"], options);
  expect(run.code).not.toBe(0);
  expect(run.stderr).toContain("hark models pull swift-f0");
});

describe.skipIf(ffmpeg === null || !hasOnnxRuntime || !hasReal(WEIGHTS))(
  `with real weights${ffmpegNote}${onnxNote}${realNote(WEIGHTS)}`,
  () => {
    test("hark analyse_pitch --engine swift_f0", async () => {
      const folder = newFolder();
      const options = { home: newFolder(), environment: { HARK_MODELS_DIR: MODELS, HARK_PROVIDER: "live" } };
      const args = ["analyse_pitch", voiceFile(folder), "--engine", "swift_f0", "--json"];
      const { code, stdout, stderr } = await runHark(args, options);
      expect(stderr).toBe("");
      expect(code).toBe(0);
      const { median_hz, provenance } = JSON.parse(stdout);
      expect(Math.abs(1200 * Math.log2(median_hz / 220))).toBeLessThan(30);
      expect(provenance).toMatchObject({ engine: "swift_f0", model: { id: "swift-f0", licence: "MIT" } });
      expect(provenance.notes.join()).toContain("is_monophonic");
    });

    test("an MCP client measures by an engine, by auto and by Hark itself, and is told which it was", async () => {
      await using servers = await startServers({ HARK_MODELS_DIR: MODELS });
      const { client } = await servers.connect({ transport: "stdio", era: "2025-11-25" });
      const track_id = voiceFile(servers.home);
      const measure = async (name: string, engine?: string) => {
        const { structuredContent } = await client.callTool({
          name,
          arguments: { track_id, ...(engine && { engine }) },
        });
        return (structuredContent as { provenance: Record<string, unknown> }).provenance;
      };
      expect(await measure("analyse_speech_activity")).toMatchObject({ engine: "silero", cached: false });
      expect(await measure("analyse_speech_activity", "silero")).toMatchObject({ engine: "silero", cached: true });
      expect(await measure("analyse_speech_activity", "builtin")).toMatchObject({ engine: "builtin", cached: false });
      expect(await measure("analyse_pitch")).toMatchObject({ engine: "builtin", model: null });
      expect(await measure("analyse_pitch", "swift_f0")).toMatchObject({ engine: "swift_f0", cached: false });
      const { structuredContent } = await client.callTool({
        name: "get_series",
        arguments: { track_id, agent: "speech_activity" },
      });
      expect(structuredContent).toMatchObject({ agent: "speech_activity" });
    });

    test("the link of a result and get_series give the series of its engine, and a wrong engine is refused", async () => {
      await using servers = await startServers({ HARK_MODELS_DIR: MODELS });
      const { client } = await servers.connect({ transport: "stdio", era: "2025-11-25" });
      const track_id = voiceFile(servers.home);
      const frameCounts: number[] = [];
      for (const engine of ["swift_f0", "builtin"]) {
        const { content } = await client.callTool({ name: "analyse_pitch", arguments: { track_id, engine } });
        const link = content.find(({ type }) => type === "resource_link");
        const uri = link?.type === "resource_link" ? link.uri : "";
        expect(uri).toMatch(new RegExp(`/analysis/pitch\\?engine=${engine}$`));
        const [read] = (await client.readResource({ uri })).contents;
        const { engine: readEngine, f0 } = JSON.parse("text" in read ? read.text : "");
        expect(readEngine).toBe(engine);
        frameCounts.push(f0.hz.length);
        const part = { track_id, agent: "pitch", series: "f0", engine };
        const { structuredContent } = await client.callTool({ name: "get_series", arguments: part });
        const [{ series }] = (structuredContent as { parts: { series: { f0: { count: number } } }[] }).parts;
        expect(series.f0.count).toBe(f0.hz.length);
      }
      expect(frameCounts[0]).not.toBe(frameCounts[1]);
      const wrong = { track_id, agent: "pitch", engine: "crepe" };
      expect(await client.callTool({ name: "get_series", arguments: wrong })).toMatchObject({
        isError: true,
        content: [{ text: expect.stringContaining("auto, builtin, swift_f0") }],
      });
    });
  },
);
