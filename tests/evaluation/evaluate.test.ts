/** `hark evaluate` as people use it: a real process, a real database, recordings made here with known truth. */
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStorage, type Storage } from "../../src/storage/storage.ts";
import { beatTimes, clicks } from "../agents/rhythm-signals.ts";
import { type HarkRun, type HarkRunOptions, runHark } from "../cli/run-hark.ts";
import { wavFile } from "../fixtures/wav.ts";
import { temporaryHome } from "../storage/temporary-home.ts";

const RATE = 22_050;
const SECONDS = 16;
const HOSTILE = "<img src=x onerror=alert(1)>&\"'.wav";

let storage: Storage;
let home: string;
let folder: string;

const hark = (args: readonly string[], options: Partial<HarkRunOptions> = {}): Promise<HarkRun> =>
  runHark(args, { home, cwd: folder, ...options });

function clickTrack(bpm: number): Buffer {
  return wavFile([clicks(beatTimes(bpm, SECONDS), SECONDS, RATE)], RATE);
}

beforeAll(async () => {
  home = await temporaryHome();
  storage = await openStorage({ home });
  folder = await realpath(await mkdtemp(join(tmpdir(), "hark-evaluate-")));
  await mkdir(join(folder, "slow"));
  await writeFile(join(folder, "slow", "90.wav"), clickTrack(90));
  await writeFile(join(folder, "120.wav"), clickTrack(120));
  await writeFile(join(folder, "notes.wav"), "no audio");
  const truth = (bpm: number) => ({ bpm, beats: beatTimes(bpm, SECONDS), onsets: beatTimes(bpm, SECONDS) });
  const items = [
    { file: "slow/90.wav", ...truth(90) },
    { file: "120.wav", kind: "clicks", ...truth(120), licence: "made by the test" },
    { file: "120.wav", kind: "wrong", bpm: 100, doubts: ["on purpose"], onsets: [1] },
    { file: HOSTILE, bpm: 100 },
    { file: "notes.wav", bpm: 100 },
    { file: "120.wav", kind: "clicks" },
  ];
  await writeFile(join(folder, "manifest.json"), JSON.stringify({ dataset: "clicks & <b>", items }));
});

afterAll(async () => {
  await storage.close();
  await rm(folder, { recursive: true, force: true });
});

describe("hark evaluate", () => {
  test("--json scores every file and sums up", async () => {
    const { code, stdout, stderr } = await hark(["evaluate", "manifest.json", "--json"]);
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.counts).toEqual({ items: 6, scored: 3, missing: 1, failed: 1, without_truth: 1 });
    const [slow, fast, wrong, hostile, notes, silent] = report.files;
    for (const file of [slow, fast]) {
      expect(file.scores).toMatchObject({
        tempo_acc1: { value: 1 },
        tempo_acc2: { value: 1 },
        beat_f: { value: 1 },
        onset_f: { value: expect.closeTo(1, 1) },
      });
    }
    expect([slow.group, fast.group, wrong.group]).toEqual(["slow", "clicks", "wrong"]);
    expect(wrong.scores).toMatchObject({ tempo_acc1: { value: 0 }, tempo_acc2: { value: 0 } });
    expect(wrong.skipped).toEqual({ onset_f: "the manifest has doubts" });
    expect(hostile.error.kind).toBe("not_found");
    expect(hostile.skipped.tempo_acc1).toBe("the analysis failed");
    expect(notes.error.kind).toBe("invalid_input");
    expect(silent).toMatchObject({ error: null, scores: {}, skipped: {} });
    const tempo = report.metrics.find(({ metric }: { metric: string }) => metric === "tempo_acc1");
    expect(tempo.all).toMatchObject({ count: 3, mean: expect.closeTo(2 / 3, 9), median: 1 });
    expect(tempo.groups.map(({ group }: { group: string }) => group)).toEqual(["clicks", "slow", "wrong"]);
    expect(report.calibration[0]).toMatchObject({ metric: "tempo_acc1", count: 3 });
  });

  test("prints a table, and --html writes one page that needs nothing else and escapes names", async () => {
    const { code, stdout, stderr } = await hark(["evaluate", "manifest.json", "--html", "report.html"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/clicks & <b>: 6 items, 3 scored, 1 without truth to score, 1 missing, 1 failed/);
    expect(stdout).toMatch(/Tempo Acc1 .* 3 +0\.667 +1\.000/);
    expect(stdout).toMatch(/Beat F .* 2 +1\.000 +1\.000 +1\.000 +1\.000/);
    const page = await readFile(join(folder, "report.html"), "utf8");
    expect(page).toContain("<svg");
    expect(page).toContain("slow/90.wav");
    expect(page).toContain("clicks &amp; &lt;b&gt;");
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;.wav");
    expect(page).not.toContain("<img");
    expect(page).not.toMatch(/(src|href)=["']|url\(|@import/);
  });

  test("reads files beside the manifest, wherever it is started", async () => {
    const { code, stdout } = await hark(["evaluate", join(folder, "manifest.json"), "--json"], { cwd: tmpdir() });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).counts.scored).toBe(3);
  });

  test("reads nothing outside the manifest's folder, and ends with 1 where no file is scored", async () => {
    const items = [
      { file: "../120.wav", bpm: 120 },
      { file: join(folder, "120.wav"), bpm: 120 },
    ];
    await writeFile(join(folder, "slow", "outside.json"), JSON.stringify({ items }));
    const { code, stdout, stderr } = await hark(["evaluate", "slow/outside.json", "--json"]);
    expect(code).toBe(1);
    expect(stderr).toContain("No file was scored");
    const { counts, files } = JSON.parse(stdout);
    expect(counts).toMatchObject({ items: 2, scored: 0, failed: 2 });
    for (const { error } of files) expect(error.message).toContain("outside the manifest's folder");
  });

  test("agents that are not shown are not measured", async () => {
    const environment = { HARK_TOOLS: "analyse_temporal" };
    const { code, stdout } = await hark(["evaluate", "manifest.json", "--json"], { environment });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).files[0].skipped.tempo_acc1).toBe("not measured");
  });

  test("a wrong manifest ends with 2 and says where", async () => {
    await writeFile(join(folder, "wrong.json"), '{"items":[{"file":"a.wav","bpm":"fast"}]}');
    const { code, stdout, stderr } = await hark(["evaluate", "wrong.json"]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("item 1 (a.wav), bpm");
    expect((await hark(["evaluate", "none.json"])).code).toBe(2);
    expect((await hark(["evaluate"])).code).toBe(2);
  });

  test("a report that cannot be written is refused before the work", async () => {
    const { code, stdout, stderr } = await hark(["evaluate", "manifest.json", "--html", "none/report.html"]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("--html");
  });
});
