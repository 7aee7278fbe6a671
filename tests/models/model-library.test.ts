import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readManifests } from "../../src/models/manifest.ts";
import { OWN_MANIFESTS, openModelLibrary } from "../../src/models/model-library.ts";

const CONTENT = "weights";
const MANIFEST = {
  id: "one",
  name: "One",
  task: "separate_stems",
  engine: "spleeter",
  files: [
    {
      role: "all",
      name: "one.onnx",
      bytes: CONTENT.length,
      sha256: createHash("sha256").update(CONTENT).digest("hex"),
      url: null,
    },
  ],
  licence: { name: "MIT", scope: "permissive", note: "", source: "https://example.com/" },
  cost: { cpu_seconds_per_audio_second: null, peak_memory_bytes: null },
  quality: "none",
};

function newFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "hark-library-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

function open(modelsFolder: string, manifest: object = MANIFEST) {
  const own = newFolder({ "one.json": JSON.stringify(manifest) });
  return openModelLibrary({ manifestFolders: [own], modelsFolder, licences: new Set(["permissive"]) });
}

test("Hark's own manifests are manifests, each file pinned to a revision", async () => {
  const { manifests, problems } = await readManifests(OWN_MANIFESTS);
  expect(problems).toEqual([]);
  expect(manifests.map(({ engine }) => engine)).toEqual(expect.arrayContaining(["spleeter", "htdemucs", "mdx"]));
  for (const { files } of manifests) for (const { url } of files) expect(url).toMatch(/[0-9a-f]{40}/);
});

test.each(["one.onnx", "one/one.onnx"])("finds a file that was placed by hand at %s", async (name) => {
  const models = newFolder({ [name]: CONTENT });
  const [found] = await open(models).find("separate_stems");
  expect(found).toMatchObject({ state: "installed", manifest: { id: "one" } });
  expect(found.paths.get("all")).toBe(join(models, name));
});

test("a file of another size or content is not used, also when it changes later", async () => {
  const models = newFolder({ "one.onnx": "weightS" });
  const library = open(models);
  expect((await library.find("separate_stems"))[0].state).toBe("damaged");
  writeFileSync(join(models, "one.onnx"), CONTENT);
  expect((await library.find("separate_stems"))[0].state).toBe("installed");
  writeFileSync(join(models, "one.onnx"), "short");
  expect((await library.find("separate_stems"))[0].state).toBe("damaged");
});

test("says what is missing, what the licence policy refuses, and nothing of other tasks", async () => {
  expect((await open(newFolder()).find("separate_stems"))[0].state).toBe("missing");
  const research = { ...MANIFEST, licence: { ...MANIFEST.licence, scope: "research" } };
  expect((await open(newFolder({ "one.onnx": CONTENT }), research).find("separate_stems"))[0].state).toBe("refused");
  expect(await open(newFolder()).find("transcribe_audio")).toEqual([]);
});

test("JSON that is no manifest is told of and disturbs nothing else, and a missing folder holds none", async () => {
  const models = newFolder({
    "one.onnx": CONTENT,
    "config.json": JSON.stringify({ model_type: "whisper" }),
    "broken.json": "{",
    "two.json": JSON.stringify({ ...MANIFEST, id: "two", files: [] }),
    "three.json": JSON.stringify({ ...MANIFEST, id: "three" }),
  });
  const manifestFolders = [newFolder({ "one.json": JSON.stringify(MANIFEST) }), models];
  const library = openModelLibrary({ manifestFolders, modelsFolder: models, licences: new Set(["permissive"]) });
  expect((await library.find("separate_stems")).map(({ manifest }) => manifest.id)).toEqual(["one", "three"]);
  expect(await library.problems()).toEqual([
    expect.stringMatching(/^broken\.json .*no JSON/),
    expect.stringMatching(/^config\.json .*id: /),
    expect.stringMatching(/^two\.json .*files: /),
  ]);
  expect(await readManifests(join(models, "nowhere"))).toEqual({ manifests: [], problems: [] });
});
