import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client, Progress } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFfmpeg } from "../../src/audio/ffmpeg.ts";
import { ffmpegChildren } from "../fixtures/child-processes.ts";
import { SURFACES, startServers, type TestServers } from "./connect.ts";
import { clicksFile } from "./test-audio.ts";

const LONG_SECONDS = 600;

/** What a stopped analysis gets to end in, and a busy machine on top. */
const ENDING = { timeout: 5_000 };

const ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH ?? null);
if (ffmpeg === null && process.env.CI !== undefined) throw new Error("continuous integration needs FFmpeg");

let servers: TestServers;
let long: string;

beforeAll(async () => {
  // Live: nothing is stored, so that every surface measures the same recording.
  servers = await startServers({ HARK_PROVIDER: "live" });
  long = join(servers.home, "long.wav");
  await writeFile(long, clicksFile(LONG_SECONDS));
});

afterAll(async () => {
  await servers[Symbol.asyncDispose]();
});

describe.each(SURFACES)("long work over $transport with protocol $era", ({ transport, era }) => {
  let client: Client;
  let pid: number;

  beforeAll(async () => {
    ({ client, pid } = await servers.connect({ transport, era }));
  });

  test("reports progress that always grows and never passes the total", async () => {
    const reports: Progress[] = [];
    const args = { name: "analyse_spectral", arguments: { track_id: long } };
    const result = await client.callTool(args, { onprogress: (progress) => reports.push(progress) });
    expect(result.isError).toBeFalsy();
    expect(reports.length).toBeGreaterThan(1);
    for (const [index, { progress, total, message }] of reports.entries()) {
      expect(progress).toBeGreaterThan(reports[index - 1]?.progress ?? 0);
      expect(progress).toBeLessThanOrEqual(1);
      expect(total).toBe(1);
      expect(message).toBeTruthy();
    }
  });

  test.skipIf(process.platform === "win32" || ffmpeg === null)(
    "stops in the middle when it is cancelled, and goes on serving (skipped: on Windows, or no FFmpeg)",
    async () => {
      const stopping = new AbortController();
      const seen: number[] = [];
      const args = { name: "analyse_rhythm", arguments: { track_id: long } };
      const onprogress = async () => {
        if (seen.length > 0) return;
        seen.push(ffmpegChildren(pid).length);
        stopping.abort(new Error("no longer wanted"));
      };
      await expect(client.callTool(args, { signal: stopping.signal, onprogress })).rejects.toThrow("no longer wanted");
      expect(seen).toEqual([1]);
      await expect.poll(() => ffmpegChildren(pid).length, ENDING).toBe(0);
      const { structuredContent } = await client.callTool({ name: "list_tracks", arguments: { query: "long" } });
      expect(structuredContent).toMatchObject({ total: 1 });
    },
  );
});
