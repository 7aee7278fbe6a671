/** Hark beside its peers: each measures the same recording in turn, and the medians of the ratios are printed. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";
import { AGENTS, findAgent } from "../src/agents/registry.ts";
import { blockLength } from "../src/audio/block-length.ts";
import { findFfmpeg } from "../src/audio/ffmpeg.ts";
import { median } from "../src/dsp/statistics.ts";
import { openExtraction } from "../src/features/extraction.ts";
import type { FeatureName } from "../src/features/registry.ts";
import { AnalysisPool } from "../src/workers/analysis-pool.ts";
import { LIBROSA_MISSING, type Librosa, type LibrosaTask } from "./librosa.ts";
import { RECORDING_RATE, RECORDING_SECONDS, type Recording } from "./recording.ts";

const ROUNDS = 5;
/** Mel bands and MFCC, chroma, centroid, bandwidth, rolloff, flatness, mean power. */
const SPECTRAL: readonly FeatureName[] = ["spectralShape", "mfcc", "meanPowerSpectrum", "pitchSpectrum"];

interface Contest {
  readonly measured: string;
  readonly peer: string;
  /** Times faster than the peer; null where none was set. */
  readonly target: number | null;
  /** Milliseconds of one run. */
  readonly ours: () => Promise<number> | number;
  readonly theirs: (() => Promise<number> | number) | null;
  /** What the row says where the peer is not there. */
  readonly missing: string;
}

/** Runs all contests, alternating, and prints a row for each as it is done. */
export async function comparePeers(
  recording: Recording,
  librosa: Librosa | null,
  row: (...cells: readonly string[]) => void,
): Promise<void> {
  const pool = new AnalysisPool(1);
  try {
    for (const contest of contests(recording, librosa, pool)) await compete(contest, row);
  } finally {
    await pool.close();
  }
}

async function compete(contest: Contest, row: (...cells: readonly string[]) => void): Promise<void> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  await contest.ours();
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await contest.ours());
    if (contest.theirs !== null) theirs.push(await contest.theirs());
  }
  const ratios = theirs.map((ms, round) => ms / ours[round]);
  row(
    contest.measured,
    `${median(ours).toFixed(0)} ms`,
    contest.theirs === null ? contest.missing : `${contest.peer}: ${median(theirs).toFixed(0)} ms`,
    contest.theirs === null ? "" : `${median(ratios).toFixed(1)}`,
    contest.target === null ? "" : `${contest.target}`,
  );
}

function contests(recording: Recording, librosa: Librosa | null, pool: AnalysisPool): Contest[] {
  const { stereo, mono, rawPath, wavPath, monoWavPath, mp3Path } = recording;
  const monoPass = (names: readonly FeatureName[]) => () => passMs([mono], RECORDING_RATE / 2, names);
  const agentPass = (name: string) => () => agentMs(name, [mono], RECORDING_RATE / 2);
  const byLibrosa = (task: LibrosaTask) => (librosa === null ? null : () => librosa.time(task));
  const withLibrosa = { missing: LIBROSA_MISSING };
  const withAubio = { missing: "aubio is not installed (Debian: aubio-tools)", target: null };
  const byAubio = (command: string) => (hasAubio() ? () => commandMs("aubio", [command, "-i", monoWavPath]) : null);
  const raw = ["-f", "f32le", "-ar", `${RECORDING_RATE}`, "-ac", "2", "-i", rawPath];
  const byFfmpeg = (filter: string) =>
    commandMs("ffmpeg", ["-v", "error", "-nostdin", ...raw, "-af", filter, "-f", "null", "-"]);
  return [
    {
      measured: "STFT, mel, MFCC, chroma, centroid, bandwidth, rolloff, flatness, from mono samples, one thread",
      peer: "the same, one STFT",
      target: 9,
      ours: monoPass(SPECTRAL),
      theirs: byLibrosa("spectral"),
      ...withLibrosa,
    },
    {
      measured: "rhythm, from mono samples",
      peer: "beat_track",
      target: 4,
      ours: agentPass("rhythm"),
      theirs: byLibrosa("rhythm"),
      ...withLibrosa,
    },
    {
      measured: "tonal, from mono samples",
      peer: "estimate_tuning, chroma_cqt",
      target: 8,
      ours: agentPass("tonal"),
      theirs: byLibrosa("tonal"),
      ...withLibrosa,
    },
    {
      measured: "pitch, from mono samples",
      peer: "yin",
      target: null,
      ours: agentPass("pitch"),
      theirs: byLibrosa("pitch"),
      ...withLibrosa,
    },
    {
      measured: "loudness with true peak, from stereo samples",
      peer: "FFmpeg ebur128=peak=true, less its start and reading",
      target: 3,
      ours: () => agentMs("loudness", stereo, RECORDING_RATE),
      theirs: hasFfmpeg() ? () => byFfmpeg("ebur128=peak=true") - byFfmpeg("anull") : null,
      missing: "ffmpeg is not installed",
    },
    {
      measured: "rhythm, from mono samples",
      peer: "aubio tempo, from WAV",
      ours: agentPass("rhythm"),
      theirs: byAubio("tempo"),
      ...withAubio,
    },
    {
      measured: "rhythm (onsets are part of it), from mono samples",
      peer: "aubio onset, from WAV",
      ours: agentPass("rhythm"),
      theirs: byAubio("onset"),
      ...withAubio,
    },
    {
      measured: "pitch, from mono samples",
      peer: "aubio pitch, from WAV",
      ours: agentPass("pitch"),
      theirs: byAubio("pitch"),
      ...withAubio,
    },
    {
      measured: `all ${AGENTS.length} default agents, decoding ${mp3Path === null ? "WAV" : "MP3"} included`,
      peer: "a script, without loudness and defects",
      target: 5,
      ours: () => fileMs(pool, mp3Path ?? wavPath),
      theirs: byLibrosa("everything"),
      ...withLibrosa,
    },
  ];
}

/** Extracts features from samples in blocks as a decoder gives them. */
function extract(names: readonly FeatureName[], channels: readonly Float32Array[], sampleRate: number) {
  const extraction = openExtraction({ sampleRate, channels: channels.length }, names);
  const length = blockLength(sampleRate);
  for (let start = 0; start < channels[0].length; start += length) {
    const block = channels.map((samples) => samples.subarray(start, start + length));
    extraction.push({ channels: block, length: block[0].length });
  }
  return extraction.finish();
}

function passMs(channels: readonly Float32Array[], sampleRate: number, names: readonly FeatureName[]): number {
  const startedAt = performance.now();
  extract(names, channels, sampleRate);
  return performance.now() - startedAt;
}

function agentMs(name: string, channels: readonly Float32Array[], sampleRate: number): number {
  const startedAt = performance.now();
  analyse(name, channels, sampleRate);
  return performance.now() - startedAt;
}

/** The result of an agent by name, from samples. */
export function analyse(name: string, channels: readonly Float32Array[], sampleRate: number): Record<string, unknown> {
  const agent = findAgent(name);
  return agent.analyse(extract(agent.needs, channels, sampleRate), agent.parameters.parse({}));
}

/** One pass over a file in a warm thread, as the server makes it, without storing the results. */
async function fileMs(pool: AnalysisPool, path: string): Promise<number> {
  const ffmpeg = await findFfmpeg(null);
  const fd = openSync(path, "r");
  try {
    const startedAt = performance.now();
    await pool.run(
      {
        source: { fd, path, sizeBytes: statSync(path).size },
        limits: { maxFileBytes: 1e10, maxDurationSeconds: 1e5, maxChannels: 32, maxDecodeSeconds: 600 },
        ffmpeg,
        expectedSeconds: RECORDING_SECONDS,
        calls: AGENTS.map((agent) => ({ agent: agent.name, parameters: {} })),
        requestId: "bench",
        logLevel: "error",
      },
      { signal: new AbortController().signal, onProgress: () => {}, onOutcome: () => {} },
    );
    return performance.now() - startedAt;
  } finally {
    closeSync(fd);
  }
}

/** Milliseconds from starting a command to its end; its output is read and dropped. */
function commandMs(command: string, args: readonly string[]): number {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(command, args, { maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  return performance.now() - startedAt;
}

export function hasAubio(): boolean {
  return spawnSync("aubio", ["--version"]).error === undefined;
}

function hasFfmpeg(): boolean {
  return spawnSync("ffmpeg", ["-version"]).status === 0;
}
