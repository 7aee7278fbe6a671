import { expect, test } from "vitest";
import { AGENTS } from "../../src/agents/registry.ts";
import { questionTools } from "../../src/tools/question-tools.ts";
import { createTools } from "../../src/tools/registry.ts";
import { openStoredLibrary } from "./stored-library.ts";

const { context, add } = await openStoredLibrary(AGENTS);
const tools = questionTools(createTools(AGENTS), context.services);
const toolNamed = (name: string) => {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool;
};
const run = (name: string, args: unknown) => toolNamed(name).run(args, context.signal, () => {});

test("a model may measure, search and show, and nothing else", () => {
  expect(tools.map(({ name }) => name)).toEqual([
    ...AGENTS.map(({ name }) => `analyse_${name}`),
    "get_series",
    "compare_tracks",
    "list_tracks",
    "find_tracks",
    "get_track",
  ]);
});

test("what a model is told of tools speaks of no paths", () => {
  const told = JSON.stringify(tools);
  expect(told).not.toMatch(/path/i);
  expect(told).toContain("Track id");
});

test("a track is named by its id in every tool that takes one", async () => {
  const takesTrack = tools.filter(({ parameters }) => /"(track_ids?|similar_to)"/.test(JSON.stringify(parameters)));
  expect(takesTrack.length).toBeGreaterThan(AGENTS.length);
  for (const { name } of takesTrack) {
    const field = { compare_tracks: "track_ids", find_tracks: "similar_to" }[name] ?? "track_id";
    const more = name === "get_series" ? { agent: "loudness" } : {};
    for (const path of ["/etc/passwd", "song.wav", "../trk_1", "trk_1/../x"]) {
      const value = field === "track_ids" ? ["trk_1", path] : path;
      await expect(run(name, { [field]: value, ...more }), `${name} ${path}`).rejects.toMatchObject({
        kind: "invalid_input",
        message: expect.stringContaining("track ids (trk_…) only"),
      });
    }
  }
});

test("tools run for the caller, and check their arguments", async () => {
  const id = await add("song.wav", {});
  expect(await run("get_track", { track_id: id })).toMatchObject({ filename: "song.wav" });
  await expect(run("get_track", { track_id: "trk_none" })).rejects.toMatchObject({ kind: "not_found" });
  await expect(run("get_track", {})).rejects.toMatchObject({ message: expect.stringContaining("track_id") });
});
