/** The recording that benchmarks measure: four minutes of synthesised music with nothing taken from anybody. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { drums } from "../tests/agents/rhythm-signals.ts";
import { progression } from "../tests/agents/tonal-signals.ts";
import { noise } from "../tests/fixtures/signals.ts";
import { wavFile } from "../tests/fixtures/wav.ts";

export const RECORDING_RATE = 44_100;
export const RECORDING_SECONDS = 240;
const BPM = 120;
const CHORDS = ["A:min", "F:maj", "C:maj", "G:maj"];

export interface Recording {
  /** `[channel][sample]` at 44.1 kHz. */
  readonly stereo: readonly Float32Array[];
  /** The mean of the channels at half the rate, as a peer takes it that does not decode. */
  readonly mono: Float32Array;
  readonly wavPath: string;
  readonly monoWavPath: string;
  /** The samples as plain float32, interleaved. */
  readonly rawPath: string;
  /** What recordings come as; null where there is no FFmpeg with an encoder. */
  readonly mp3Path: string | null;
}

/** Drums, chords and a melody with vibrato in two unlike channels, with hiss, and limited: eight bars over and over. */
export function makeRecording(folder: string): Recording {
  const stereo = synthesise();
  const mono = halved(stereo);
  const [wavPath, monoWavPath, rawPath, mp3Path] = ["stereo.wav", "mono.wav", "stereo.f32", "stereo.mp3"].map((name) =>
    join(folder, name),
  );
  writeFileSync(wavPath, wavFile(stereo, RECORDING_RATE));
  writeFileSync(monoWavPath, wavFile([mono], RECORDING_RATE / 2));
  writeFileSync(rawPath, interleaved(stereo));
  const encode = ["-v", "error", "-y", "-i", wavPath, "-c:a", "libmp3lame", "-b:a", "192k", mp3Path];
  const { status } = spawnSync("ffmpeg", encode);
  return { stereo, mono, wavPath, monoWavPath, rawPath, mp3Path: status === 0 ? mp3Path : null };
}

function synthesise(): Float32Array[] {
  const barSeconds = 240 / BPM;
  const chords = progression([...CHORDS, ...CHORDS], barSeconds, RECORDING_RATE);
  const beat = drums(BPM, 8 * barSeconds, RECORDING_RATE);
  const lead = melody(8 * barSeconds);
  return [
    { chordGain: 0.9, leadGain: 0.8 },
    { chordGain: 1.1, leadGain: 0.5 },
  ].map(({ chordGain, leadGain }, channel) => {
    const loop = chords.map((chord, n) => Math.tanh(1.5 * (chordGain * chord + leadGain * lead[n] + 1.2 * beat[n])));
    // Its length shares no factor with the loop's, so that no two repetitions are the same.
    const hiss = noise(700_001 + 2 * channel, 11 + channel, 0.004);
    return tiled(loop, hiss);
  });
}

function tiled(loop: Float32Array, hiss: Float32Array): Float32Array {
  const y = new Float32Array(RECORDING_SECONDS * RECORDING_RATE);
  for (let n = 0; n < y.length; n++) y[n] = 0.97 * loop[n % loop.length] + hiss[n % hiss.length];
  return y;
}

/** Sung-like notes of a second: six harmonics with vibrato. */
function melody(seconds: number): Float32Array {
  const steps = [0, 3, 5, 7, 10, 7, 5, 3];
  let phase = 0;
  return Float32Array.from({ length: Math.round(seconds * RECORDING_RATE) }, (_, n) => {
    const t = n / RECORDING_RATE;
    const hz = 440 * 2 ** (steps[Math.floor(t) % steps.length] / 12) * (1 + 0.006 * Math.sin(2 * Math.PI * 5.5 * t));
    phase += (2 * Math.PI * hz) / RECORDING_RATE;
    let sample = 0;
    for (let harmonic = 1; harmonic <= 6; harmonic++) sample += Math.sin(harmonic * phase) / harmonic;
    return 0.12 * sample * Math.min(1, (t % 1) / 0.05, (1 - (t % 1)) / 0.1);
  });
}

/** The mean of the channels and of neighbouring samples: what folds back is no matter here. */
function halved([left, right]: readonly Float32Array[]): Float32Array {
  const y = new Float32Array(left.length / 2);
  for (let n = 0; n < y.length; n++) y[n] = (left[2 * n] + left[2 * n + 1] + right[2 * n] + right[2 * n + 1]) / 4;
  return y;
}

function interleaved(channels: readonly Float32Array[]): Float32Array {
  const step = channels.length;
  const samples = new Float32Array(step * channels[0].length);
  for (const [channel, values] of channels.entries()) {
    for (let n = 0; n < values.length; n++) samples[n * step + channel] = values[n];
  }
  return samples;
}
