/** `hark models` as a process, with a server of files of the test's own. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type FileServer, fileServer, type Served } from "../models/file-server.ts";
import { addManifest, CONTENT, newFolder, RESEARCH } from "../models/small-model.ts";
import { harkEnvironment, runHark } from "./run-hark.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const hasScript = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

interface Setup {
  readonly folder: string;
  readonly home: string;
  readonly server: FileServer;
  hark(...args: string[]): ReturnType<typeof runHark>;
}

async function setUp(served: Partial<Served> = {}, changes: object = {}): Promise<Setup> {
  const [folder, home] = [newFolder(), newFolder()];
  const server = await fileServer({ content: CONTENT, ...served });
  addManifest(folder, server.url, changes);
  const hark = (...args: string[]) =>
    runHark(args, { home, environment: { HARK_MODELS_DIR: folder, NO_PROXY: "127.0.0.1" } });
  return { folder, home, server, hark };
}

test("lists, pulls, verifies and removes", async () => {
  const { hark, folder, home } = await setUp();
  const listed = JSON.parse((await hark("models", "list", "--json")).stdout).models;
  expect(listed.find(({ model_id }: { model_id: string }) => model_id === "small")).toMatchObject({
    state: "missing",
    size_bytes: CONTENT.length,
    licence: { name: "MIT" },
  });
  expect(listed.length).toBeGreaterThan(5);
  const pulled = await hark("models", "pull", "small", "--yes");
  expect(pulled).toMatchObject({ code: 0, stdout: "Small is installed.\n" });
  expect(pulled.stderr).toMatch(/0\.2 MB to download; licence of the weights: MIT.*By its README/);
  expect((await hark("models", "verify", "small")).stdout).toBe("small  small.onnx  ok\n");
  expect((await hark("models", "list")).stdout).toMatch(/^small\n {2}installed +0\.2 MB {2}separate_stems {2}MIT$/m);
  writeFileSync(join(folder, "small", "small.onnx"), "damaged");
  expect(await hark("models", "verify")).toMatchObject({ code: 1, stdout: "small  small.onnx  wrong size\n" });
  expect(await hark("models", "remove", "small")).toMatchObject({ code: 0, stdout: "Removed small.onnx.\n" });
  expect(existsSync(join(folder, "small"))).toBe(false);
  expect(readdirSync(home)).not.toContain("postgres");
});

test("asks nobody where nobody can answer, and downloads nothing then", async () => {
  const { hark, server } = await setUp();
  const { code, stderr, stdout } = await hark("models", "pull", "small");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/--yes.*MIT/);
  expect(server.requests).toEqual([]);
});

test.skipIf(!hasScript).each([
  ["y", "is installed"],
  ["n", "Nothing was downloaded"],
])(
  `asks at a terminal, and the answer %s counts${hasScript ? "" : " (skipped: no program `script`)"}`,
  async (answer, said) => {
    const { folder, home } = await setUp();
    const environment = harkEnvironment(home, { HARK_MODELS_DIR: folder, NO_PROXY: "127.0.0.1" });
    const child = spawn("script", ["-qec", `${process.execPath} ${MAIN} models pull small`, "/dev/null"], {
      env: environment,
    });
    let shown = "";
    child.stdout.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
      if (shown.includes("[y/N]") && child.stdin.writable) child.stdin.end(`${answer}\n`);
    });
    await once(child, "close");
    expect(shown).toContain(said);
    expect(existsSync(join(folder, "small", "small.onnx"))).toBe(answer === "y");
  },
);

test("a licence that is not covered, an unknown model and a wrong word are refused", async () => {
  const { hark, folder, home, server } = await setUp({}, RESEARCH);
  expect(await hark("models", "pull", "small", "--yes")).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/research only.*Without it Hark uses/),
  });
  expect(server.requests).toEqual([]);
  const environment = { HARK_MODELS_DIR: folder, NO_PROXY: "127.0.0.1", HARK_MODEL_LICENCES: "research" };
  expect((await runHark(["models", "pull", "small", "--yes"], { home, environment })).code).toBe(0);
  expect((await hark("models", "pull", "none", "--yes")).code).toBe(3);
  expect((await hark("models", "push")).code).toBe(2);
  const wrong = await runHark(["models"], { home, environment: { HARK_MODEL_LICENCES: "any" } });
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("HARK_MODEL_LICENCES") });
});

test("Ctrl-C stops a download, and the next one goes on", async () => {
  const { hark, folder, home, server } = await setUp({ stalls: true });
  const environment = harkEnvironment(home, { HARK_MODELS_DIR: folder, NO_PROXY: "127.0.0.1" });
  const child = spawn(process.execPath, [MAIN, "models", "pull", "small", "--yes"], { env: environment });
  await expect.poll(() => server.requests.length, { timeout: 10_000 }).toBe(1);
  await sleep(200);
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  expect(code).toBe(130);
  server.served.stalls = false;
  expect((await hark("models", "pull", "small", "--yes")).code).toBe(0);
  expect(server.requests.at(-1)?.range).toBe("bytes=1000-");
});

test.skipIf(process.platform === "win32")(
  "a disk that fills up in the middle is said, and what has arrived is kept",
  async () => {
    const { hark, folder, home, server } = await setUp();
    const environment = harkEnvironment(home, {
      HARK_MODELS_DIR: folder,
      NO_PROXY: "127.0.0.1",
      NODE_DISABLE_COMPILE_CACHE: "1",
    });
    const command = `ulimit -f 200; exec "${process.execPath}" "${MAIN}" models pull small --yes`;
    const { status, stderr } = spawnSync("sh", ["-c", "true"]);
    expect(status, String(stderr)).toBe(0);
    const child = spawn("sh", ["-c", command], { env: environment });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [code] = await once(child, "close");
    expect(said).toMatch(/disk that holds the models is full.*kept/);
    expect(code).toBe(8);
    expect((await hark("models", "pull", "small", "--yes")).code).toBe(0);
    expect(server.requests.at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(readFileSync(join(folder, "small", "small.onnx")).equals(CONTENT)).toBe(true);
  },
);
