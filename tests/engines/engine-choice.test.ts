/** What is chosen, with models that are there, missing, damaged, refused or failing. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BUILTIN_ONLY, openEngineChooser } from "../../src/engines/engine-choice.ts";
import { openModelLibrary } from "../../src/models/model-library.ts";
import { hasOnnxRuntime, onnxNote } from "../models/onnx-runtime.ts";
import { addManifest, CONTENT, newFolder, RESEARCH } from "../models/small-model.ts";

const SILERO = { id: "silero-vad", name: "Silero VAD", task: "detect_speech", engine: "silero" };
const ENGINES = ["silero"];

function chooserOver(content: Buffer | null, changes: object = {}) {
  const folder = newFolder();
  addManifest(folder, null, { ...SILERO, ...changes });
  if (content !== null) writeFileSync(join(folder, "small.onnx"), content);
  const library = openModelLibrary({
    manifestFolders: [folder],
    modelsFolder: folder,
    licences: new Set(["permissive"]),
  });
  const clock = { now: 0 };
  return { folder, clock, chooser: openEngineChooser(library, () => clock.now) };
}

describe.skipIf(!hasOnnxRuntime)(`where the model is installed${onnxNote}`, () => {
  test("auto takes the engine that was measured to be better, and names its weights in the key", async () => {
    const { chooser } = chooserOver(CONTENT);
    const choice = await chooser.choose(ENGINES, undefined);
    expect(choice).toMatchObject({
      engine: "silero",
      model: { id: "silero-vad", licence: "MIT", licence_scope: "permissive" },
      call: { engine: "silero", isRequired: false },
      notes: [],
    });
    expect(choice.model?.sha256).toMatch(/^[0-9a-f]{12}$/);
    expect(choice.key).toBe(`silero silero-vad ${choice.model?.sha256}`);
    expect(await chooser.choose(ENGINES, "auto")).toEqual(choice);
    expect((await chooser.choose(ENGINES, "silero")).key).toBe(choice.key);
    expect(await chooser.choose(ENGINES, "builtin")).toMatchObject({ engine: "builtin", key: "builtin", call: null });
  });

  test("auto leaves an engine that was not measured to be better to those who name it", async () => {
    const { chooser } = chooserOver(CONTENT, { id: "swift-f0", task: "pitch", engine: "swift_f0" });
    expect((await chooser.choose(["swift_f0"], undefined)).key).toBe("builtin");
    expect((await chooser.choose(["swift_f0"], "swift_f0")).engine).toBe("swift_f0");
  });

  test("auto passes over what has failed for ten minutes, and says so", async () => {
    const { chooser, clock } = chooserOver(CONTENT);
    chooser.reportFailure("silero");
    const passedOver = await chooser.choose(ENGINES, undefined);
    expect(passedOver).toMatchObject({
      key: "builtin",
      notes: [expect.stringContaining("failed less than ten minutes")],
    });
    expect((await chooser.choose(ENGINES, "silero")).engine).toBe("silero");
    clock.now = 11 * 60_000;
    expect((await chooser.choose(ENGINES, undefined)).engine).toBe("silero");
  });
});

test("a model that comes later is seen within a second", async () => {
  const { chooser, clock, folder } = chooserOver(null);
  expect(await chooser.choose(ENGINES, undefined)).toMatchObject({ key: "builtin", notes: [] });
  writeFileSync(join(folder, "small.onnx"), CONTENT);
  clock.now = 1001;
  const { key, notes } = await chooser.choose(ENGINES, undefined);
  if (hasOnnxRuntime) expect(key).toContain("silero");
  else expect(notes.join()).toContain("onnxruntime-node");
});

test("auto says that a damaged or refused model was passed over", async () => {
  const damaged = await chooserOver(Buffer.alloc(CONTENT.length)).chooser.choose(ENGINES, undefined);
  expect(damaged).toMatchObject({ key: "builtin", notes: [expect.stringContaining("damaged")] });
  const refused = await chooserOver(CONTENT, RESEARCH).chooser.choose(ENGINES, undefined);
  expect(refused).toMatchObject({ key: "builtin", notes: [expect.stringContaining("refused")] });
});

test("an engine that is named is refused with what to do", async () => {
  await expect(chooserOver(null).chooser.choose(ENGINES, "silero")).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringContaining("hark models pull silero-vad"),
  });
  await expect(chooserOver(CONTENT, RESEARCH).chooser.choose(ENGINES, "silero")).rejects.toMatchObject({
    kind: "forbidden",
    message: expect.stringContaining("HARK_MODEL_LICENCES"),
  });
  await expect(chooserOver(null).chooser.choose(ENGINES, "crepe")).rejects.toMatchObject({
    kind: "invalid_input",
    message: expect.stringContaining("auto, builtin, silero"),
  });
  const { chooser } = chooserOver(CONTENT, { id: "other", task: "detect_speech", engine: "other" });
  await expect(chooser.choose(ENGINES, "silero")).rejects.toMatchObject({ kind: "unavailable" });
});

test("without models everything is Hark's own", async () => {
  expect((await BUILTIN_ONLY.choose(ENGINES, undefined)).key).toBe("builtin");
});
