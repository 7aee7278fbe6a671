/** The command line as people use it: real processes on a real database. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStorage, type Storage } from "../../src/storage/storage.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { temporaryHome } from "../storage/temporary-home.ts";
import { type HarkRunOptions, runHark } from "./run-hark.ts";

const RATE = 22_050;

let storage: Storage;
let home: string;
let folder: string;
const wav = (hz: number) => wavFile([sine(hz, RATE, 2 * RATE)], RATE);

beforeAll(async () => {
  home = await temporaryHome();
  // Keeps the database running between commands.
  storage = await openStorage({ home });
  folder = await realpath(await mkdtemp(join(tmpdir(), "hark-cli-")));
  await mkdir(join(folder, "album"));
  await writeFile(join(folder, "a.wav"), wav(440));
  await writeFile(join(folder, "album", "b.wav"), wav(880));
  await writeFile(join(folder, "notes.txt"), "no audio");
});

afterAll(async () => {
  await storage.close();
  await rm(folder, { recursive: true, force: true });
});

const hark = (args: readonly string[], options: Partial<HarkRunOptions> = {}) =>
  runHark(args, { home, cwd: folder, ...options });

describe("hark <tool>", () => {
  test("takes a list as words or as a repeated option", async () => {
    const words = await hark(["compare_tracks", "a.wav", "album/b.wav", "--json"]);
    expect(words.code, words.stderr).toBe(0);
    const repeated = await hark(["compare_tracks", "--track-ids", "a.wav", "--track_ids=album/b.wav", "--json"]);
    expect(JSON.parse(repeated.stdout)).toEqual(JSON.parse(words.stdout));
    expect(JSON.parse(words.stdout)).toMatchObject({ comparisons: [{ tempo: null }] });
  });

  test("takes a negative number as the value of an option", async () => {
    expect((await hark(["analyse", "a.wav"])).code).toBe(0);
    const { code, stdout, stderr } = await hark(["find_tracks", "--query", "a.wav", "--min-lufs", "-16", "--json"]);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ tracks: [{ filename: "a.wav" }] });
  });
});

describe("hark analyse", () => {
  test("prints a table with units", async () => {
    const { code, stdout, stderr } = await hark(["analyse", "a.wav"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/rms +-9\.03 dBFS/);
    expect(stdout).toMatch(/centroid +44\d/);
    expect(stderr).toBe("");
  });

  test("--json gives one object for one file", async () => {
    const { code, stdout } = await hark(["analyse", "a.wav", "--json"]);
    const report = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      file: "a.wav",
      track: { status: "ready", duration_seconds: 2 },
      temporal: { duration_seconds: 2, provenance: { cached: true } },
    });
    expect(Object.keys(report)).toEqual(expect.arrayContaining(["temporal", "spectral", "rhythm"]));
    expect(report.temporal.envelope).toBeUndefined();
  });

  test("--full adds the series", async () => {
    const { stdout } = await hark(["analyse", "a.wav", "--json", "--full"]);
    expect(JSON.parse(stdout).temporal.envelope.rms_dbfs.length).toBeGreaterThan(10);
  });

  test("takes folders and patterns, each file once, and nothing that is no audio", async () => {
    const { code, stdout, stderr } = await hark(["analyse", ".", "**/*.wav", "--json"]);
    expect(code, stderr).toBe(0);
    expect(
      JSON.parse(stdout)
        .map((report: { file: string }) => report.file)
        .sort(),
    ).toEqual(["a.wav", "album/b.wav"]);
  });

  test("goes on after a bad file and ends with its kind's exit code", async () => {
    const { code, stdout } = await hark(["analyse", "notes.txt", "missing.wav", "a.wav", "--json"]);
    expect(code).toBe(2);
    const [notes, missing, good] = JSON.parse(stdout);
    expect(notes.error.kind).toBe("invalid_input");
    expect(missing.error.kind).toBe("not_found");
    expect(good.temporal.duration_seconds).toBe(2);
  });

  test("reads standard input, and keeps it for later questions", async () => {
    const { code, stdout, stderr } = await hark(["analyse", "-", "--json"], { input: wav(660) });
    expect(code, stderr).toBe(0);
    const { track } = JSON.parse(stdout);
    expect(track.filename).toBe("standard input");
    const again = await hark(["get_track", track.track_id, "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ track_id: track.track_id, status: "ready" });
  });

  test("empty standard input is refused", async () => {
    const { code, stderr } = await hark(["analyse", "-"], { input: Buffer.alloc(0) });
    expect(code).toBe(2);
    expect(stderr).not.toBe("");
  });

  test("an explicit HARK_ROOTS binds the command line too", async () => {
    const { code } = await hark(["analyse", "a.wav"], { environment: { HARK_ROOTS: join(folder, "album") } });
    expect(code).toBe(4);
  });

  test("without a file it says how it is used", async () => {
    const { code, stderr } = await hark(["analyse"]);
    expect(code).toBe(2);
    expect(stderr).toContain("hark analyse FILE");
  });
});

describe("hark <tool>", () => {
  test("takes options with underscores or dashes, and required words by position", async () => {
    const byOption = await hark(["get-track", "--track-id", "a.wav", "--json"]);
    const byPosition = await hark(["get_track", "a.wav", "--json"]);
    expect(byOption.code, byOption.stderr).toBe(0);
    expect(JSON.parse(byOption.stdout)).toEqual(JSON.parse(byPosition.stdout));
  });

  test("add_track waits until the track is measured", async () => {
    await writeFile(join(folder, "c.wav"), wav(990));
    const added = await hark(["add_track", "c.wav", "--json"]);
    const { track_id: id } = JSON.parse(added.stdout);
    const { stdout } = await hark(["get_track", id, "--json"]);
    expect(JSON.parse(stdout).status).toBe("ready");
  });

  test("a switch can be turned off", async () => {
    await writeFile(join(folder, "d.wav"), wav(1110));
    const added = await hark(["add_track", "--path", "d.wav", "--no-analyse", "--json"]);
    const { track_id: id } = JSON.parse(added.stdout);
    const { stdout } = await hark(["get_track", id, "--json"]);
    expect(JSON.parse(stdout).status).toBe("pending");
    expect((await hark(["remove_track", id])).code).toBe(0);
    expect((await hark(["get_track", id])).code).toBe(3);
  });

  test("numbers are numbers, and wrong ones are explained", async () => {
    expect((await hark(["list_tracks", "--limit", "1", "--json"])).code).toBe(0);
    const { code, stderr } = await hark(["list_tracks", "--limit", "many"]);
    expect(code).toBe(2);
    expect(stderr).toContain("limit");
  });

  test("an unknown option or command is refused with the way out", async () => {
    const option = await hark(["list_tracks", "--colour", "red"]);
    expect(option.code).toBe(2);
    expect(option.stderr).toContain("Usage: hark list_tracks");
    const command = await hark(["dance"]);
    expect(command.code).toBe(2);
    expect(command.stderr).toContain("hark help");
  });

  test("HARK_READ_ONLY hides what changes something", async () => {
    expect((await hark(["remove_track", "trk_0"], { environment: { HARK_READ_ONLY: "1" } })).code).toBe(2);
  });
});

describe("hark schemas", () => {
  test("openai gives the functions", async () => {
    const { stdout } = await hark(["schemas", "--format", "openai"]);
    const names = JSON.parse(stdout).map((entry: { function: { name: string } }) => entry.function.name);
    expect(names).toEqual(expect.arrayContaining(["analyse_spectral", "analyse_temporal", "analyse_rhythm"]));
  });

  test("openapi gives the whole server", async () => {
    const { stdout } = await hark(["schemas", "--format", "openapi"]);
    const paths = Object.keys(JSON.parse(stdout).paths);
    expect(paths).toEqual(
      expect.arrayContaining(["/v1/tools/analyse_rhythm", "/v1/tracks", "/v1/llm/chat", "/health"]),
    );
  });

  test("an unknown format is refused", async () => {
    expect((await hark(["schemas", "--format", "xml"])).code).toBe(2);
  });
});

describe("hark db", () => {
  test("shows where the database is, and stops it", async () => {
    const { stdout } = await hark(["db", "status", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      running: true,
      clients: 1,
      data_folder: join(home, "postgres", "data"),
    });
    expect((await hark(["db", "path"])).stdout.trim()).toBe(join(home, "postgres", "data"));
    expect((await hark(["db", "stop", "--json"])).stdout.trim()).toBe('{"stopped":true}');
    expect((await hark(["list_tracks"])).code).toBe(0);
  });

  test("with DATABASE_URL there is no private one", async () => {
    expect((await hark(["db", "status"], { environment: { DATABASE_URL: "postgres://localhost:1/x" } })).code).toBe(2);
  });
});

describe("when the reader or the terminal goes away", () => {
  test("output into a closed pipe ends quietly, and in order", async () => {
    const { code, stderr } = await hark(["help"], { closeOutput: true });
    expect(code).toBe(0);
    expect(stderr).toBe("");
  });

  test("--help shows how one command is used", async () => {
    const { code, stdout } = await hark(["analyse_rhythm", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--min_tempo_bpm NUMBER");
    expect(stdout).not.toContain("hark list_tracks");
  });
});

test("a wrong setting is named, before anything starts", async () => {
  const { code, stderr } = await hark(["list_tracks"], { environment: { HARK_PORT: "eighty" } });
  expect(code).toBe(2);
  expect(stderr).toContain("HARK_PORT");
});

test("a database that cannot be reached is unavailable, and no password is shown", async () => {
  const { code, stderr } = await hark(["list_tracks"], {
    environment: { DATABASE_URL: "postgres://me:topsecret@127.0.0.1:9/x" },
  });
  expect(code).toBe(8);
  expect(stderr).not.toContain("topsecret");
});

test("help names every tool, version is a version", async () => {
  expect((await hark(["help"])).stdout).toContain("hark analyse_rhythm --track_id TEXT");
  expect((await hark(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+/);
});
