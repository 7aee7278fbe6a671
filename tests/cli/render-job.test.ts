import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { renderJobs } from "../../src/cli/render-job.ts";

const file = { role: "converted", filename: "a.flac", size_bytes: 1_500_000, path: "/out/a.flac", uri: null };
const job = { job_id: "job_1", status: "done", files: [file], warning: null };

function rendered(value: Readonly<Record<string, unknown>>): string[] {
  return (renderJobs(value) ?? []).map(stripVTControlCharacters);
}

test("shows files with their paths first, then the value with larger objects below their names", () => {
  const source = { container: "wav", codec: "pcm_s16le", sample_rate_hz: 44_100, channels: 2 };
  expect(rendered({ ...job, value: { format: "flac", source, changes: ["Said in words.", "And more."] } })).toEqual([
    "job job_1  done",
    "  /out/a.flac  converted, 1.5 MB",
    "",
    "  format   flac",
    "  source",
    "    container    wav",
    "    codec        pcm_s16le",
    "    sample rate  44100 Hz",
    "    channels     2",
    "  changes  Said in words.",
    "           And more.",
  ]);
});

test("says where stored files are and how to have them, and keeps control characters off the terminal", () => {
  const stored = { ...file, filename: "a\u001b[31m.flac", path: null, uri: "hark://files/1/a.flac" };
  const lines = rendered({ ...job, files: [stored], value: null });
  expect(lines.join("\n")).not.toContain("\u001b");
  expect(lines).toContain("    hark://files/1/a.flac");
  expect(lines.at(-1)).toContain("--output_dir");
});

test("shows stems as a table with headings and units", () => {
  const stem = { energy_share: 0.5, clipped_samples: 0 };
  const stems = [
    { stem: "vocals", integrated_lufs: -32.24, ...stem },
    { stem: "bass", integrated_lufs: null, ...stem },
  ];
  expect(rendered({ ...job, files: [], value: { stems } })).toEqual([
    "job job_1  done",
    "",
    "  stems  stem    integrated LUFS  energy share  clipped samples",
    "         vocals           -32.24           0.5                0",
    "         bass                  –           0.5                0",
  ]);
});

test("shows a folder by its reports, counts and problems, and leaves other answers alone", () => {
  const folder = {
    reports: ["/out/report.json"],
    files: 2,
    done: 1,
    failed: 1,
    problems: [{ file: "b.wav", status: "failed", reason: "No audio." }],
  };
  const lines = rendered({ status: "partial", folder });
  expect(lines[0]).toBe("  /out/report.json");
  expect(lines.at(-1)).toBe("  b.wav  failed: No audio.");
  expect(renderJobs({ models: [] })).toBeNull();
});
