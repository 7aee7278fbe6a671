/** One test for each way in which somebody could come upon what belongs to somebody else. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStorage } from "../../src/storage/storage.ts";
import { clientOf, connectHttp } from "../mcp/connect.ts";
import { type Answer, type KeyHolder, startTwoOwners, type TwoOwners } from "./two-owners.ts";

const NEVER = `trk_${"0".repeat(20)}`;

let hark: TwoOwners;
let path: string;
/** Ann's track of the file. */
let track: string;
/** Ann's upload: bytes without a file of hers. */
let kept: { readonly id: string; readonly path: string };

beforeAll(async () => {
  hark = await startTwoOwners();
  path = await hark.writeSine("secret-song.wav", 440);
  track = String((await hark.ann.tool("analyse_temporal", { track_id: path })).json.track_id);
  await hark.application.settled();
  const caller = { owner: "ann", keyId: "test", scopes: new Set(["read", "write"] as const) };
  const { createReadStream } = await import("node:fs");
  const bytes = createReadStream(await hark.writeSine("to-upload.wav", 550));
  kept = await hark.application
    .servicesFor(caller)
    .library.addStream(bytes, "upload.wav", new AbortController().signal);
});

afterAll(() => hark[Symbol.asyncDispose]());

/** Status and problem of an answer, with the id left out. */
function refusal({ status, json }: Answer, id: string) {
  return { status, kind: json.kind, detail: String(json.detail).replace(id, "ID") };
}

describe("another owner's track", () => {
  test.each([
    ["get_track", (id: string) => ({ track_id: id })],
    ["analyse_loudness", (id: string) => ({ track_id: id })],
    ["get_series", (id: string) => ({ track_id: id, agent: "temporal", series: "envelope" })],
    ["compare_tracks", (id: string) => ({ track_ids: [id, NEVER.replace("0", "1")] })],
    ["find_tracks", (id: string) => ({ similar_to: id })],
  ])("by id in %s is missing, in the same words as one that never was", async (tool, args) => {
    const foreign = refusal(await hark.ben.tool(tool, args(track)), track);
    expect(foreign).toEqual(refusal(await hark.ben.tool(tool, args(NEVER)), NEVER));
    expect(foreign).toMatchObject({ status: 404, kind: "not_found" });
  });

  test("compared with one's own is missing too", async () => {
    const own = String(
      (await hark.ben.tool("add_track", { path: await hark.writeSine("own.wav", 330) })).json.track_id,
    );
    const answer = await hark.ben.tool("compare_tracks", { track_ids: [own, track] });
    expect(answer).toMatchObject({ status: 404 });
    await hark.ben.tool("remove_track", { track_id: own });
  });

  test("is in no list, search, completion or count", async () => {
    expect((await hark.ben.tool("list_tracks", {})).json).toEqual({ tracks: [], total: 0, next_cursor: null });
    expect((await hark.ben.tool("list_tracks", { query: "secret" })).json).toMatchObject({ total: 0 });
    const found = await hark.ben.tool("find_tracks", { min_lufs: -100 });
    expect(found.json).toEqual({ tracks: [], total: 0, next_cursor: null, not_measured: [] });
    expect((await hark.ann.tool("find_tracks", { min_lufs: -100 })).json).toMatchObject({ total: 1 });
  });

  test("cannot be removed, and the attempt tells nothing", async () => {
    const foreign = await hark.ben.tool("remove_track", { track_id: track });
    expect(foreign.json).toEqual({ track_id: track, removed: false });
    expect((await hark.ben.tool("remove_track", { track_id: NEVER })).json.removed).toBe(false);
    expect((await hark.ann.tool("get_track", { track_id: track })).status).toBe(200);
  });

  test("of the same file is one's own track by its path", async () => {
    const own = await hark.ben.tool("get_track", { track_id: path });
    expect(own.status).toBe(200);
    expect(own.json.track_id).not.toBe(track);
    await hark.ben.tool("remove_track", { track_id: own.json.track_id });
    expect((await hark.ann.tool("get_track", { track_id: track })).status).toBe(200);
  });

  test("by the path of the kept bytes is no way in, though a root lies around them", async () => {
    const foreign = await hark.ben.tool("get_track", { track_id: kept.path });
    expect(foreign).toMatchObject({ status: 403, json: { kind: "forbidden" } });
    const never = await hark.ben.tool("get_track", { track_id: kept.path.replace(/.$/, "g") });
    expect(never.json.detail).toBe(foreign.json.detail);
    expect((await hark.ann.tool("get_track", { track_id: kept.id })).status).toBe(200);
  });
});

describe.each(["2025-11-25", "2026-07-28"] as const)("over MCP %s", (era) => {
  const connect = (holder: KeyHolder) =>
    connectHttp(clientOf(era), `${hark.url}/mcp`, { authorization: `Bearer ${holder.key}` });

  test("each key sees its own: tools, resources, lists and completions", async () => {
    const [ann, ben] = await Promise.all([connect(hark.ann), connect(hark.ben)]);
    const uri = `hark://tracks/${track}`;
    expect((await ann.listResources()).resources.map((resource) => resource.uri)).toContain(uri);
    expect((await ben.listResources()).resources.map((resource) => resource.uri)).not.toContain(uri);

    const read = async (client: typeof ben, asked: string) =>
      client.readResource({ uri: asked }).then(
        () => "read",
        (error: Error) => error.message.replaceAll(asked, "URI").replace(/trk_\w+/, "ID"),
      );
    expect(await read(ann, uri)).toBe("read");
    expect(await read(ben, uri)).toBe(await read(ben, `hark://tracks/${NEVER}`));
    expect(await read(ben, uri)).toContain("not_found");
    expect(await read(ben, `${uri}/analysis/temporal`)).toBe(
      await read(ben, `hark://tracks/${NEVER}/analysis/temporal`),
    );

    const ref = { type: "ref/resource", uri: "hark://tracks/{id}" } as const;
    const complete = async (client: typeof ben) =>
      (await client.complete({ ref, argument: { name: "id", value: track.slice(0, 12) } })).completion.values;
    expect(await complete(ann)).toEqual([track]);
    expect(await complete(ben)).toEqual([]);

    const asked = { name: "get_track", arguments: { track_id: track } };
    expect(await ann.callTool(asked)).toMatchObject({ structuredContent: { track_id: track } });
    expect(await ben.callTool(asked)).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/^not_found/) }],
    });
    await Promise.all([ann.close(), ben.close()]);
  });
});

describe("costs and routes", () => {
  let route: string;

  beforeAll(async () => {
    const storage = await openStorage({ home: hark.folder, databaseUrl: hark.databaseUrl });
    const call = { owner: "ann", keyId: "k", sessionId: "s", model: "m", tool: null, routeId: null };
    const id = await storage.ledger.reserve({ ...call, usd: 1, expiresAt: new Date(Date.now() + 60_000) }, {});
    await storage.ledger.settle(id, { costUsd: 0.25, source: "test", whyNull: null, usage: null });
    route = await storage.routes.store({ owner: "ann", request: {}, candidates: [], chosen: "m" });
    await storage.close();
  });

  test("are in the totals of their owner and of nobody else", async () => {
    expect((await hark.ann.tool("cost_report", { by: "session" })).json).toMatchObject({ calls: 1, cost_usd: 0.25 });
    expect((await hark.ben.tool("cost_report", { by: "session" })).json).toMatchObject({
      calls: 0,
      cost_usd: 0,
      rows: [],
    });
    expect((await hark.ben.tool("cost_report", { by: "key" })).json).toMatchObject({ rows: [] });
  });

  test("are read as resources by their owner only", async () => {
    const read = async (holder: KeyHolder, uri: string) => {
      const client = await connectHttp(clientOf("2026-07-28"), `${hark.url}/mcp`, {
        authorization: `Bearer ${holder.key}`,
      });
      const text = await client.readResource({ uri }).then(
        ({ contents }) => JSON.stringify(contents),
        (error: Error) => error.message.replaceAll(/rte_\w+/g, "ID"),
      );
      await client.close();
      return text;
    };
    expect(await read(hark.ann, `hark://routes/${route}`)).toContain("route_id");
    expect(await read(hark.ben, `hark://routes/${route}`)).toBe(await read(hark.ben, "hark://routes/rte_0"));
    expect(await read(hark.ben, `hark://routes/${route}`)).toContain("not_found");
    expect(await read(hark.ann, "hark://costs")).toContain("0.25");
    expect(await read(hark.ben, "hark://costs")).not.toContain("0.25");
  });
});

test("a session's budget is not used up by another owner's session of the same name", async () => {
  const storage = await openStorage({ home: hark.folder, databaseUrl: hark.databaseUrl });
  const expiresAt = new Date(Date.now() + 60_000);
  const reserve = (owner: string) =>
    storage.ledger.reserve(
      { owner, keyId: owner, sessionId: "same", model: "m", tool: null, routeId: null, usd: 1, expiresAt },
      { session: 1 },
    );
  await reserve("ann");
  await expect(reserve("ann")).rejects.toMatchObject({ kind: "over_budget" });
  expect(await reserve("ben")).toBeGreaterThan(0);
  await storage.close();
});

test("settings and folders of the server are shown only to those who may name its files", async () => {
  const visitor = await hark.holder("visitor", ["read"]);
  const shown = JSON.stringify((await visitor.tool("doctor", {})).json);
  expect(shown).not.toContain(hark.folder);
  expect(shown).not.toContain("HARK_HOME");
  expect(JSON.stringify((await hark.ann.tool("doctor", {})).json)).toContain(hark.folder);
});
