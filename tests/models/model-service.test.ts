import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LicenceScope } from "../../src/models/manifest.ts";
import { openModelLibrary } from "../../src/models/model-library.ts";
import { ModelService } from "../../src/models/model-service.ts";
import { fileServer } from "./file-server.ts";
import { addManifest, CONTENT, newFolder, RESEARCH } from "./small-model.ts";

const MANIFESTS = join(import.meta.dirname, "../../config/models");

function open(folder: string, licences: LicenceScope[] = ["permissive"], manifestFolders = [folder]): ModelService {
  const library = openModelLibrary({ manifestFolders, modelsFolder: folder, licences: new Set(licences) });
  const service = new ModelService({ library, modelsFolder: folder, environment: {} });
  onTestFinished(() => service.close());
  return service;
}

test("a missing model is pulled into a folder of its own, found, verified and removed", async () => {
  const folder = newFolder();
  const server = await fileServer({ content: CONTENT });
  addManifest(folder, server.url);
  const service = open(folder);
  expect(await service.list()).toMatchObject([
    { state: "missing", bytes: CONTENT.length, why: expect.stringContaining("small.onnx") },
  ]);
  const pull = await service.pull("small");
  expect(pull.bytes).toBe(CONTENT.length);
  await pull.done;
  expect(pull.downloadedBytes).toBe(CONTENT.length);
  expect(await service.get("small")).toMatchObject({ state: "installed", why: null });
  expect(await service.verify("small")).toMatchObject([{ state: "ok", path: join(folder, "small", "small.onnx") }]);
  expect(await service.remove("small")).toEqual(["small.onnx"]);
  expect(readdirSync(folder)).toEqual(["small.json"]);
  expect(await service.remove("small")).toEqual([]);
});

test("what is installed already is not downloaded again", async () => {
  const folder = newFolder();
  const server = await fileServer({ content: CONTENT });
  addManifest(folder, server.url);
  writeFileSync(join(folder, "small.onnx"), CONTENT);
  await (await open(folder).pull("small")).done;
  expect(server.requests).toEqual([]);
});

test("a damaged file is replaced; files placed by hand beside the model's folder are not removed", async () => {
  const folder = newFolder();
  const server = await fileServer({ content: CONTENT });
  addManifest(folder, server.url);
  mkdirSync(join(folder, "small"));
  writeFileSync(join(folder, "small", "small.onnx"), Buffer.alloc(CONTENT.length));
  writeFileSync(join(folder, "small.onnx"), "by hand");
  const service = open(folder);
  expect(await service.get("small")).toMatchObject({ state: "damaged", why: expect.stringContaining("Pull it again") });
  expect(await service.verify("small")).toMatchObject([{ state: "wrong_hash" }]);
  await (await service.pull("small")).done;
  expect((await service.get("small")).state).toBe("installed");
  await service.remove("small");
  expect(readFileSync(join(folder, "small.onnx"), "utf8")).toBe("by hand");
});

test("two calls share one download, which the list shows and a removal respects; cancelled, it can go on", async () => {
  const folder = newFolder();
  const server = await fileServer({ content: CONTENT, stalls: true });
  addManifest(folder, server.url);
  const service = open(folder);
  const [first, second] = await Promise.all([service.pull("small"), service.pull("small")]);
  expect(second).toBe(first);
  await expect.poll(() => first.downloadedBytes).toBe(1000);
  expect(await service.get("small")).toMatchObject({ state: "downloading", downloadedBytes: 1000, why: null });
  await expect(service.remove("small")).rejects.toMatchObject({ kind: "invalid_input" });
  first.cancel();
  await expect(first.done).rejects.toMatchObject({ kind: "cancelled" });
  expect((await service.get("small")).state).toBe("missing");
  server.served.stalls = false;
  await (await service.pull("small")).done;
  expect(server.requests.at(-1)?.range).toBe("bytes=1000-");
});

test("closing stops what is under way", async () => {
  const folder = newFolder();
  const server = await fileServer({ content: CONTENT, stalls: true });
  addManifest(folder, server.url);
  const service = open(folder);
  const { done } = await service.pull("small");
  await service.close();
  await expect(done).rejects.toMatchObject({ kind: "cancelled" });
});

test("the list says what the last download failed with", async () => {
  const folder = newFolder();
  const server = await fileServer({ content: Buffer.alloc(CONTENT.length) });
  addManifest(folder, server.url);
  const service = open(folder);
  await expect((await service.pull("small")).done).rejects.toMatchObject({ kind: "upstream" });
  expect(await service.get("small")).toMatchObject({
    state: "missing",
    why: expect.stringMatching(/last download failed.*SHA-256/),
  });
});

test("a licence that the policy does not cover is refused before anything is downloaded, with what is used instead", async () => {
  const folder = newFolder();
  const server = await fileServer({ content: CONTENT });
  addManifest(folder, server.url, RESEARCH);
  const refused = { kind: "forbidden", message: expect.stringMatching(/research only.*classic.*permissive,research/) };
  await expect(open(folder).pull("small")).rejects.toMatchObject(refused);
  expect(server.requests).toEqual([]);
  expect((await open(folder).get("small")).state).toBe("refused");
  await (await open(folder, ["permissive", "research"]).pull("small")).done;
  expect(existsSync(join(folder, "small", "small.onnx"))).toBe(true);
  addManifest(folder, null, { id: "other", name: "Other" });
  writeFileSync(join(folder, "small.onnx"), CONTENT);
  expect((await open(folder).get("small")).why).toContain("Without it Hark uses Other.");
});

test("an unknown id is answered with those that there are; what has no address is placed by hand", async () => {
  const folder = newFolder();
  addManifest(folder, null);
  await expect(open(folder).get("none")).rejects.toMatchObject({
    kind: "not_found",
    message: expect.stringContaining("There are: small"),
  });
  await expect(open(folder).pull("small")).rejects.toMatchObject({ kind: "unavailable" });
});

const realFolder = process.env.HARK_MODELS_DIR ?? "";
const note = realFolder === "" ? " (skipped: HARK_MODELS_DIR names no folder with real models)" : "";

describe.skipIf(realFolder === "")(`real weights, placed by hand${note}`, () => {
  test.each(["silero-vad", "basic-pitch"])("%s is what its manifest says", async (id) => {
    const service = open(realFolder, ["permissive"], [MANIFESTS]);
    const checked = await service.verify(id);
    expect(checked.map(({ state }) => state)).toEqual(["ok"]);
  });
});
