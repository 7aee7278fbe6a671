import { expect, test } from "vitest";
import { AGENTS, findAgent } from "../../src/agents/registry.ts";
import { agentTool } from "../../src/tools/agent-tool.ts";
import { runTool } from "../../src/tools/run-tool.ts";
import { openStoredLibrary } from "./stored-library.ts";

const { context, add } = await openStoredLibrary(AGENTS);

const textOf = async (agent: string, result: object, args: object = {}): Promise<string> => {
  const track_id = await add(`${agent}.wav`, { [agent]: result });
  return (await runTool(agentTool(findAgent(agent)), { track_id, ...args }, context)).text;
};

const tonal = {
  key: { tonic: "C", mode: "major" },
  camelot: "8B",
  key_candidates: [{ tonic: "C", mode: "major", score: 0.9 }],
  confidence: 0.94,
  why_uncertain: null,
  key_changes: [],
  tuning_cents: 0.3,
  chroma: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  chords: [],
};

test("the text of an answer names the key, and not what is null", async () => {
  const text = await textOf("tonal", tonal);
  expect(text).toContain("key C major, camelot 8B, confidence 0.94, tuning_cents 0.3");
  expect(text).not.toMatch(/null|chroma|\[object/);
  expect(await textOf("tonal", { ...tonal, key: null, camelot: null, why_uncertain: "No notes." })).toContain(
    ": confidence 0.94, why_uncertain No notes.",
  );
});

test("the text of an answer says the verdicts", async () => {
  const text = await textOf("quality", {
    verdicts: [
      { profile: "streaming", passes: true, failures: [] },
      { profile: "broadcast", passes: false, failures: [{ reason: "too loud", seconds: null }] },
    ],
    clipped_samples: 0,
    click_count: 0,
    leading_silence_seconds: 0,
    trailing_silence_seconds: 0,
    noise_floor_dbfs: null,
    dc_offset: 0,
    channel_relation: "mono",
    correlation: null,
    width: null,
    mono_fold_down_db: null,
    band_edge_hz: null,
    findings: [],
    why_null: null,
  });
  expect(text).toContain("verdicts streaming passes; broadcast fails, clipped_samples 0");
});

test("the text of an answer says the share of each kind, and every mean", async () => {
  const speech = {
    main_kind: "music",
    shares: { speech: 0.25, music: 0.75, other: 0, silence: 0 },
    speech_seconds: 15,
    confidence: 0.9,
    why_uncertain: null,
    segments: [],
  };
  expect(await textOf("speech_activity", speech)).toContain("shares speech 0.25 music 0.75 other 0 silence 0");
});

const timbre = {
  band_levels_db: null,
  mel_levels_db: [],
  mfcc: null,
  spectral_contrast_db: null,
  energy: 0.5,
  descriptor: null,
  descriptor_version: 1,
  why_null: null,
};

test("the text of an answer leaves out the version of the descriptor", async () => {
  expect(await textOf("timbre", timbre)).toMatch(/: energy 0\.5 \(stored\)$/);
});

test("detail is taken by an analysis that has no series", async () => {
  for (const detail of ["full", "summary"]) expect(await textOf("timbre", timbre, { detail })).toContain("energy 0.5");
});
