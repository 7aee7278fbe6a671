/** What a person sees at a terminal, by a pseudo-terminal of util-linux. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { temporaryHome } from "../mcp/temporary-home.ts";
import { harkEnvironment, runHark } from "./run-hark.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** BSD's `script` takes other arguments. */
const hasPty = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;
const why = hasPty ? ffmpegNote : " (no script of util-linux)";

test.skipIf(!hasPty || ffmpeg === null)(
  `a job shows its id and a bar at a terminal, and neither elsewhere${why}`,
  async () => {
    await using home = await temporaryHome();
    const path = join(home.path, "tone.wav");
    writeFileSync(path, wavFile([sine(440, 8000, 80_000)], 8000));
    const args = [process.execPath, MAIN, "convert_audio", path, "--format", "mp3"];
    const command = args.map((word) => `'${word}'`).join(" ");
    const { stdout, status } = spawnSync("script", ["-q", "-e", "-c", command, "/dev/null"], {
      env: harkEnvironment(home.path, { TERM: "xterm" }),
      encoding: "utf8",
    });
    const shown = stripVTControlCharacters(stdout);
    expect(status).toBe(0);
    expect(shown).toMatch(/^job_[0-9a-f]{20}\r?$/m);
    expect(shown).toMatch(/[█░]{24} \d+% /);
    expect(stdout).toContain("\r\u001b[K");
    expect(shown).toContain("tone.mp3");
    const piped = await runHark(["convert_audio", path, "--format", "mp3"], { home: home.path });
    expect(piped).toMatchObject({ code: 0, stderr: "" });
  },
  60_000,
);
