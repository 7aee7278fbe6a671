import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CallToolResult, Client, Tool } from "@modelcontextprotocol/client";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/client/validators/ajv";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { AGENTS } from "../../src/agents/registry.ts";
import { jsonSchema } from "../../src/tools/json-schema.ts";
import { createTools } from "../../src/tools/registry.ts";
import { SURFACES, startServers, type TestServers } from "./connect.ts";
import { clicksFile, sineFile } from "./test-audio.ts";
import { TOOL_COUNT } from "./tool-count.ts";

const CATALOGUE = createTools(AGENTS);

let servers: TestServers;

beforeAll(async () => {
  servers = await startServers();
});

afterAll(async () => {
  await servers[Symbol.asyncDispose]();
});

test("there are four ways to speak to Hark", () => expect(SURFACES).toHaveLength(4));

describe.each(SURFACES)("over $transport with protocol $era", ({ transport, era }) => {
  let client: Client;
  let tools: readonly Tool[];
  let sine: string;
  let clicks: string;

  beforeAll(async () => {
    const index = SURFACES.findIndex((surface) => surface.transport === transport && surface.era === era);
    sine = join(servers.home, `sine-${index}.wav`);
    clicks = join(servers.home, `clicks-${index}.wav`);
    // Each surface has recordings of its own length, so that nothing is stored before it asks.
    await writeFile(sine, sineFile(2 + index / 10));
    await writeFile(clicks, clicksFile(10 + index));
    ({ client } = await servers.connect({ transport, era }));
    ({ tools } = await client.listTools());
  });

  const call = async (name: string, args: Record<string, unknown>): Promise<CallToolResult> =>
    client.callTool({ name, arguments: args });

  /** The structured content of a successful call, checked against the full schema of the tool's answers. */
  const answerOf = async (name: string, args: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const result = await call(name, args);
    expect(result.isError, JSON.stringify(result.content)).toBeFalsy();
    const schema = jsonSchema(CATALOGUE.find((tool) => tool.name === name)?.output ?? z.object(), "output");
    expect(schema, name).toHaveProperty("properties");
    const checked = new AjvJsonSchemaValidator().getValidator<Record<string, unknown>>(schema)(
      result.structuredContent,
    );
    expect(checked.errorMessage).toBeUndefined();
    return checked.data ?? {};
  };

  const errorOf = async (name: string, args: Record<string, unknown>): Promise<string> => {
    const result = await call(name, args);
    expect(result.isError).toBe(true);
    expect(result).not.toHaveProperty("structuredContent");
    return textOf(result);
  };

  const read = async (uri: string): Promise<unknown> => {
    const { contents } = await client.readResource({ uri });
    const [content] = contents;
    if (contents.length !== 1 || content === undefined || !("text" in content)) throw new Error("not one text");
    expect(content).toMatchObject({ uri, mimeType: "application/json" });
    return JSON.parse(content.text);
  };

  const addedId = async (path: string): Promise<string> => String((await answerOf("add_track", { path })).track_id);

  test("negotiates that version", () => expect(client.getNegotiatedProtocolVersion()).toBe(era));

  test("lists a tool for every agent, and the others, with schemas and annotations", () => {
    const analysing = tools.filter((tool) => tool.name.startsWith("analyse_"));
    expect(analysing.map((tool) => tool.name)).toEqual(AGENTS.map((agent) => `analyse_${agent.name}`));
    expect(tools).toHaveLength(TOOL_COUNT);
    for (const tool of tools) {
      expect(tool.title, tool.name).toBeTruthy();
      expect(tool.description, tool.name).toBeTruthy();
      expect(tool.outputSchema, tool.name).toMatchObject({ type: "object" });
      expect(tool.annotations, tool.name).toMatchObject({ openWorldHint: false });
    }
  });

  test("measures the level of a sine, and reads it the second time", async () => {
    const first = await answerOf("analyse_temporal", { track_id: sine });
    expect(first).toMatchObject({
      rms_dbfs: expect.closeTo(-9.03, 1),
      peak_dbfs: expect.closeTo(-6.02, 1),
      crest_factor_db: expect.closeTo(3.01, 1),
      zero_crossings_per_second: expect.closeTo(2000, -1),
      provenance: { cached: false },
    });
    const { provenance, ...second } = await answerOf("analyse_temporal", { track_id: first.track_id });
    expect(first).toMatchObject(second);
    expect(provenance).toMatchObject({ cached: true });
  });

  test("says the same in words, with the name of the file and the units of the fields", async () => {
    const result = await call("analyse_temporal", { track_id: sine });
    expect(textOf(result)).toMatch(/sine-\d\.wav .*rms_dbfs -9\.03/);
  });

  test("finds a sine's frequency", async () => {
    const { centroid_hz, dominant_frequencies } = await answerOf("analyse_spectral", { track_id: sine });
    expect(centroid_hz).toMatchObject({ mean: expect.closeTo(1000, -2) });
    expect(dominant_frequencies).toMatchObject([{ hz: expect.closeTo(1000, 0), level_db: 0 }]);
  });

  test("finds the tempo of clicks, and none in a sine, with the reason", async () => {
    const { tempo_bpm, beat_count } = await answerOf("analyse_rhythm", { track_id: clicks });
    expect(tempo_bpm).toBeCloseTo(120, 0);
    expect(beat_count).toBeGreaterThanOrEqual(18);
    const none = await answerOf("analyse_rhythm", { track_id: sine });
    expect(none).toMatchObject({ tempo_bpm: null, why_uncertain: expect.stringMatching(/./) });
  });

  test("lists its tools in at most 12,000 characters", async () => {
    expect(JSON.stringify(await client.listTools()).length).toBeLessThanOrEqual(12_000);
  });

  test("refuses what a resource's query cannot have, and names the kind of each error", async () => {
    const track = await answerOf("analyse_temporal", { track_id: sine, detail: "summary" });
    const uri = `hark://tracks/${track.track_id}/analysis/temporal`;
    await expect(read(`${uri}?foo=1`)).rejects.toMatchObject({ message: expect.stringContaining("invalid_input: ") });
    await expect(read("hark://tracks/trk_none")).rejects.toMatchObject({
      message: expect.stringContaining("not_found: "),
    });
  });

  test("leaves series out of the summary, links to them, and gives them in full on demand", async () => {
    const result = await call("analyse_rhythm", { track_id: clicks });
    expect(result.structuredContent).not.toHaveProperty("beat_times_seconds");
    const link = result.content.find((block) => block.type === "resource_link");
    const { track_id, beat_count } = await answerOf("analyse_rhythm", { track_id: clicks });
    expect(link).toMatchObject({ uri: `hark://tracks/${track_id}/analysis/rhythm`, mimeType: "application/json" });
    const full = await answerOf("analyse_rhythm", { track_id: clicks, detail: "full" });
    expect(full.beat_times_seconds).toHaveLength(Number(beat_count));
    expect(await read(link?.type === "resource_link" ? link.uri : "")).toMatchObject({
      track_id,
      agent: "rhythm",
      beat_times_seconds: full.beat_times_seconds,
    });
  });

  test("cuts the series of a resource to a range of seconds", async () => {
    const id = await addedId(clicks);
    const part = await read(`hark://tracks/${id}/analysis/rhythm?from=2.25&to=4.25`);
    const { beat_times_seconds: beats } = Object(part);
    expect(beats).toHaveLength(4);
    for (const time of beats) expect(time >= 2.25 && time <= 4.25, String(time)).toBe(true);
    await expect(read(`hark://tracks/${id}/analysis/rhythm?from=4&to=2`)).rejects.toMatchObject({ code: -32_602 });
  });

  test("adds the same file once", async () => {
    const id = await addedId(sine);
    expect(await answerOf("add_track", { path: sine })).toMatchObject({ track_id: id, created: false });
    expect(await answerOf("get_track", { track_id: id })).toMatchObject({
      format: { sample_rate_hz: 44_100, channels: 1 },
    });
    const { total } = await answerOf("list_tracks", { query: sine.slice(servers.home.length + 1) });
    expect(total).toBe(1);
  });

  test("lists and reads tracks as resources, and the templates of the others", async () => {
    const id = await addedId(sine);
    const { resources } = await client.listResources();
    expect(resources.map((resource) => resource.uri)).toEqual(
      expect.arrayContaining(["hark://tracks", `hark://tracks/${id}`]),
    );
    expect(await read("hark://tracks")).toMatchObject({ tracks: expect.arrayContaining([expect.anything()]) });
    expect(await read(`hark://tracks/${id}`)).toMatchObject({
      track_id: id,
      analyses: AGENTS.map(({ name }) => ({ agent: name })),
    });
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map((template) => template.uriTemplate)).toEqual([
      "hark://tracks/{id}",
      "hark://tracks/{id}/analysis/{agent}{?engine,from,to,from_bar,to_bar,section}",
      "hark://routes/{id}",
      "hark://sessions/{id}",
      "hark://jobs/{id}",
      "hark://files/{sha256}/{name}",
    ]);
  });

  test("completes the ids of tracks and the names of analyses", async () => {
    const id = await addedId(sine);
    const uri = "hark://tracks/{id}/analysis/{agent}{?engine,from,to,from_bar,to_bar,section}";
    const valuesOf = async (name: string, value: string) =>
      (await client.complete({ ref: { type: "ref/resource", uri }, argument: { name, value } })).completion.values;
    expect(await valuesOf("id", id.slice(0, 12))).toContain(id);
    expect(await valuesOf("id", "trk_none")).toEqual([]);
    expect(await valuesOf("agent", "")).toEqual(AGENTS.map((agent) => agent.name));
    expect(await valuesOf("agent", "spect")).toEqual(["spectral"]);
  });

  test("lists prompts and fills them in", async () => {
    const { prompts } = await client.listPrompts();
    expect(prompts.map((prompt) => prompt.name)).toEqual(["describe_track", "find_tempo", "compare_levels"]);
    const { messages } = await client.getPrompt({ name: "find_tempo", arguments: { track: "trk_1" } });
    expect(messages).toMatchObject([
      { role: "user", content: { type: "text", text: expect.stringContaining('"trk_1"') } },
    ]);
    await expect(client.getPrompt({ name: "find_tempo", arguments: {} })).rejects.toMatchObject({ code: -32_602 });
    await expect(client.getPrompt({ name: "none" })).rejects.toMatchObject({ code: -32_602 });
  });

  test("answers a failed call with the kind of the error and what to do, without structured content", async () => {
    expect(await errorOf("get_track", { track_id: "trk_none" })).toMatch(/^not_found: .*list_tracks/);
    expect(await errorOf("get_track", {})).toMatch(/^invalid_input: get_track cannot take these arguments\. track_id/);
    expect(await errorOf("get_track", { track_id: sine, colour: "red" })).toMatch(/^invalid_input: .*colour/);
    expect(await errorOf("analyse_rhythm", { track_id: sine, detail: "all" })).toMatch(/^invalid_input: .*detail/);
    expect(await errorOf("add_track", { path: join(servers.home, "none.wav") })).toMatch(/^not_found: /);
    const outside = await errorOf("add_track", { path: "package.json" });
    expect(outside).toMatch(/^forbidden: .*HARK_ROOTS/);
    expect(outside).not.toContain(process.cwd());
  });

  test("refuses what is no audio", async () => {
    const path = join(servers.home, "words.wav");
    await writeFile(path, "These are only words.");
    expect(await errorOf("analyse_temporal", { track_id: path })).toMatch(/^invalid_input: /);
  });

  test("answers unknown tools and resources with a protocol error", async () => {
    await expect(call("analyse_weather", {})).rejects.toMatchObject({ code: -32_602 });
    for (const uri of ["hark://tracks/trk_none", "hark://nothing", "file:///etc/hosts"]) {
      await expect(client.readResource({ uri })).rejects.toMatchObject({ code: -32_602, data: { uri } });
    }
  });
});

function textOf(result: CallToolResult): string {
  const [block] = result.content;
  return block?.type === "text" ? block.text : "";
}
