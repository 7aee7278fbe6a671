import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { LOCAL_CALLER } from "../../src/caller.ts";
import { openModelLibrary } from "../../src/models/model-library.ts";
import { ModelService } from "../../src/models/model-service.ts";
import { listModels } from "../../src/tools/list-models.ts";
import { pullModelTool } from "../../src/tools/pull-model.ts";
import { runTool } from "../../src/tools/run-tool.ts";
import type { CallContext, Tool } from "../../src/tools/tool.ts";
import { type FileServer, fileServer, type Served } from "../models/file-server.ts";
import { addManifest, CONTENT, newFolder, RESEARCH } from "../models/small-model.ts";

const AGREED = { model_id: "small", accept_licence: "MIT" };
const asTool = (tool: unknown) => tool as Tool;

interface Setup {
  readonly folder: string;
  readonly server: FileServer;
  readonly context: CallContext;
  readonly shares: (number | null)[];
  pull(input: object, changes?: Partial<CallContext>): Promise<Record<string, unknown>>;
  list(input?: object): Promise<Record<string, unknown>>;
}

async function setUp(served: Partial<Served> = {}, changes: object = {}, patienceMs = 20_000): Promise<Setup> {
  const folder = newFolder();
  const server = await fileServer({ content: CONTENT, ...served });
  addManifest(folder, server.url, changes);
  const library = openModelLibrary({
    manifestFolders: [folder],
    modelsFolder: folder,
    licences: new Set(["permissive"] as const),
  });
  const models = new ModelService({ library, modelsFolder: folder, environment: {} });
  onTestFinished(() => models.close());
  const services = { models, caller: LOCAL_CALLER } as unknown as CallContext["services"];
  const shares: (number | null)[] = [];
  const context: CallContext = {
    services,
    signal: new AbortController().signal,
    progress: (share) => void shares.push(share),
  };
  return {
    folder,
    server,
    context,
    shares,
    pull: async (input, own = {}) =>
      (await runTool(asTool(pullModelTool(patienceMs)), input, { ...context, ...own })).value,
    list: async (input = {}) => (await runTool(asTool(listModels), input, context)).value,
  };
}

test("list_models says what each is for, whose it is, what it costs, and whether it is here", async () => {
  const { list, folder } = await setUp();
  addManifest(folder, null, { id: "other", task: "pitch", ...RESEARCH });
  expect(await list()).toMatchObject({
    models: [
      { model_id: "other", state: "refused", why: expect.stringMatching(/Without it Hark uses its own f0 tracker/) },
      { model_id: "small", state: "missing", size_bytes: CONTENT.length, licence: { name: "MIT" }, quality: "none" },
    ],
  });
  expect(await list({ task: "pitch" })).toMatchObject({ models: [{ model_id: "other" }] });
  expect(await list({ task: "none" })).toEqual({ models: [], problems: [] });
  writeFileSync(join(folder, "config.json"), "{}");
  expect(await list({ task: "none" })).toMatchObject({ problems: [expect.stringContaining("config.json")] });
});

test("pull_model downloads nothing until the licence is named, and says what there is to agree to", async () => {
  const { pull, server } = await setUp();
  for (const input of [{ model_id: "small" }, { model_id: "small", accept_licence: "yes" }]) {
    await expect(pull(input)).rejects.toMatchObject({
      kind: "invalid_input",
      message: expect.stringMatching(/Nothing was downloaded.*0\.2 MB.*MIT.*Ask the user.*accept_licence: "MIT"/),
    });
  }
  expect(server.requests).toEqual([]);
  expect(await pull(AGREED)).toMatchObject({ state: "installed", why: null });
  expect(await pull({ model_id: "small" })).toMatchObject({ state: "installed" });
  expect(server.requests).toHaveLength(1);
});

test("a long download outlives the call, is shown, and is followed by the next call", async () => {
  const { pull, list, server, shares } = await setUp({ stalls: true }, {}, 1000);
  expect(await pull(AGREED)).toMatchObject({ state: "downloading" });
  await expect
    .poll(() => list(), { timeout: 20_000 })
    .toMatchObject({ models: [{ state: "downloading", downloaded_bytes: 1000 }] });
  expect(await pull({ model_id: "small" })).toMatchObject({ state: "downloading", downloaded_bytes: 1000 });
  expect(shares).toContain(1000 / CONTENT.length);
  expect(server.requests).toHaveLength(1);
});

test("cancelling the call cancels the download", async () => {
  const { pull, list } = await setUp({ stalls: true });
  const stopping = new AbortController();
  const outcome = pull(AGREED, { signal: stopping.signal, progress: () => stopping.abort() });
  setTimeout(() => stopping.abort(), 100);
  await expect(outcome).rejects.toMatchObject({ kind: "cancelled" });
  expect(await list()).toMatchObject({ models: [{ state: "missing" }] });
});

test("what the licence policy refuses, and callers who may not write to this machine, get nothing", async () => {
  const refused = await setUp({}, RESEARCH);
  const agreed = { model_id: "small", accept_licence: "research only" };
  await expect(refused.pull(agreed)).rejects.toMatchObject({ kind: "forbidden" });
  const { pull, server, context } = await setUp();
  const caller = { ...LOCAL_CALLER, scopes: new Set(["read", "write", "ask"] as const) };
  await expect(pull(AGREED, { services: { ...context.services, caller } })).rejects.toMatchObject({
    kind: "forbidden",
  });
  expect([...refused.server.requests, ...server.requests]).toEqual([]);
});

test("a failure is the call's, and stays in the list", async () => {
  const { pull, list } = await setUp({ content: Buffer.alloc(CONTENT.length) });
  await expect(pull(AGREED)).rejects.toMatchObject({ kind: "upstream" });
  expect(await list()).toMatchObject({ models: [{ state: "missing", why: expect.stringContaining("SHA-256") }] });
});

test("a damaged file is offered again", async () => {
  const { pull, list, folder } = await setUp();
  writeFileSync(join(folder, "small.onnx"), "damaged");
  expect(await list()).toMatchObject({ models: [{ state: "damaged" }] });
  expect(await pull(AGREED)).toMatchObject({ state: "installed" });
});
