import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyEffects } from "../../src/processing/apply-effects.ts";
import { EFFECT_PRESET_NAMES } from "../../src/processing/effect-presets.ts";
import { type Decoded, ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { jobFolder, presentFfmpeg, type Ran, runOperation, samplesOf } from "./operation-runs.ts";

const RATE = 44_100;

if (ffmpeg === null) test.skip(`effects${ffmpegNote}`, () => {});
else {
  describe("effects against what theory says", describeEffects);
  describe("effects in time and pitch", describeTime);
  describe("the operation apply_effects", describeOperation);
}

function describeEffects(): void {
  test("gain is what was asked for", async () => {
    const { channels } = await processed([sine(440, RATE, RATE, 0.5)], [{ type: "gain", gain_db: -6.5 }]);
    expect(decibels(amplitude(channels[0]) / 0.5)).toBeCloseTo(-6.5, 3);
  });

  test.each([
    [{ frequency_hz: 1000, gain_db: 6, q: 2 }, 1000, 6],
    [{ frequency_hz: 1000, gain_db: 6, q: 2 }, 50, 0],
    [{ shape: "low_shelf", frequency_hz: 500, gain_db: -9 }, 20, -9],
    [{ shape: "low_shelf", frequency_hz: 500, gain_db: -9 }, 500, -4.5],
    [{ shape: "high_shelf", frequency_hz: 4000, gain_db: 8 }, 19_000, 8],
    [{ shape: "high_shelf", frequency_hz: 4000, gain_db: 8 }, 100, 0],
  ])("the equaliser band %j gives at %d Hz %d dB", async (band, hz, gainDb) => {
    const { channels } = await processed([sine(hz, RATE, 2 * RATE, 0.1)], [{ type: "equaliser", bands: [band] }]);
    expect(decibels(amplitude(channels[0]) / 0.1)).toBeCloseTo(gainDb, 1);
  });

  test.each([
    ["high_pass", 12],
    ["high_pass", 24],
    ["low_pass", 12],
    ["low_pass", 24],
  ] as const)("a %s of %d dB an octave is a Butterworth filter", async (type, slope) => {
    const warped = (hz: number) => Math.tan((Math.PI * hz) / RATE);
    for (const hz of [400, 1000, 2500]) {
      const effect = { type, frequency_hz: 1000, slope_db_per_octave: slope };
      const { channels } = await processed([sine(hz, RATE, 2 * RATE, 0.5)], [effect]);
      const ratio = type === "high_pass" ? warped(1000) / warped(hz) : warped(hz) / warped(1000);
      const expected = -10 * Math.log10(1 + ratio ** (slope / 3));
      expect(decibels(amplitude(channels[0]) / 0.5)).toBeCloseTo(expected, 1);
    }
  });

  test("the compressor leaves what is below, and above lets a share of each dB through", async () => {
    const effect = { type: "compressor", threshold_db: -40, ratio: 4, attack_ms: 1, release_ms: 500, knee_db: 0 };
    const levels: number[] = [];
    for (const db of [-60, -26, -16, -6]) {
      const { channels } = await processed([sine(1000, RATE, 2 * RATE, 10 ** (db / 20))], [effect]);
      levels.push(decibels(amplitude(channels[0])));
    }
    const [below = 0, low = 0, middle = 0, high = 0] = levels;
    expect(below).toBeCloseTo(-60, 1);
    expect(middle - low).toBeCloseTo(10 / 4, 1);
    expect(high - middle).toBeCloseTo(10 / 4, 1);
    // Its detector is of mean squares: a sine counts 3 dB below its peak.
    expect(Math.abs(low - (-40 + (-26 + 40) / 4))).toBeLessThan(3.1);
  });

  test("the limiter keeps the true peak under its ceiling, which the samples alone would not", async () => {
    const loud = noise(3 * RATE, 5, 1).map((value, n) => value * (1 + Math.sin(n / 2000)));
    for (const ceiling of [-1, -6]) {
      const { value, path } = await run([loud], [{ type: "limiter", ceiling_dbtp: ceiling }]);
      expect(value).toMatchObject({ after: { true_peak_dbtp: expect.any(Number) }, warnings: [] });
      const truePeak = Number(Object(value.after).true_peak_dbtp);
      expect(truePeak).toBeLessThanOrEqual(ceiling);
      expect(truePeak).toBeGreaterThan(ceiling - 1);
      expect((await samplesOf(path)).channels[0]?.length).toBe(loud.length);
    }
  });

  test("the gate lets what is loud through and turns down by its range what is not", async () => {
    const signal = sine(500, RATE, 4 * RATE, 0.5).map((value, n) => (n < 2 * RATE ? value : value / 500));
    const gate = { type: "noise_gate", threshold_db: -30, range_db: 40, attack_ms: 1, release_ms: 20 };
    const { channels } = await processed([signal], [gate]);
    const [samples = new Float32Array(0)] = channels;
    expect(decibels(amplitude(samples.subarray(RATE, 2 * RATE)) / 0.5)).toBeCloseTo(0, 1);
    expect(decibels(amplitude(samples.subarray(3 * RATE)) / 0.001)).toBeCloseTo(-40, 0);
  });

  test("denoising takes steady noise away and leaves a tone", async () => {
    const hiss = noise(6 * RATE, 2, 0.005);
    const signal = sine(1000, RATE, 6 * RATE, 0.3).map((value, n) => (n < 3 * RATE ? 0 : value) + (hiss[n] ?? 0));
    const { channels } = await processed(
      [signal],
      [{ type: "denoise", engine: "fft", reduction_db: 20, noise_floor_db: -45 }],
    );
    const [samples = new Float32Array(0)] = channels;
    const before = rms(hiss.subarray(RATE, 2 * RATE));
    expect(decibels(rms(samples.subarray(RATE, 2 * RATE)) / before)).toBeLessThan(-8);
    expect(Math.abs(decibels(amplitude(samples.subarray(4 * RATE, 5 * RATE)) / 0.3))).toBeLessThan(0.5);
  });

  test("the filter that denoises keeps every sample where it was, to the last", async () => {
    const signal = noise(RATE, 2, 0.3);
    const { channels } = await processed([signal], [{ type: "denoise", engine: "fft", reduction_db: 0.01 }]);
    const [samples = new Float32Array(0)] = channels;
    expect(samples).toHaveLength(signal.length);
    expect(rms(samples.map((value, n) => value - (signal[n] ?? 0)))).toBeLessThan(0.001 * rms(signal));
  });

  test.each([0, 0.5, 1, 1.7])("a width of %d scales the side and leaves the middle", async (width) => {
    const stereo = [noise(RATE, 1, 0.2), noise(RATE, 9, 0.2)];
    const { channels } = await processed(stereo, [{ type: "stereo_width", width }]);
    const side = (two: readonly Float32Array[]) => two[0]?.map((value, n) => value - (two[1]?.[n] ?? 0));
    const middle = (two: readonly Float32Array[]) => two[0]?.map((value, n) => value + (two[1]?.[n] ?? 0));
    expect(rms(side(channels)) / rms(side(stereo))).toBeCloseTo(width, 4);
    expect(rms(middle(channels)) / rms(middle(stereo))).toBeCloseTo(1, 4);
  });

  test("a reverb keeps the dry sound, has the energy asked for, and dies away in its time", async () => {
    const click = new Float32Array(RATE);
    click[1000] = 0.5;
    const reverb = { type: "reverb", decay_seconds: 1.2, wet_db: -9, predelay_ms: 20, damping_hz: 8000 };
    const { channels } = await processed([click, click], [reverb]);
    const [left = new Float32Array(0), right = new Float32Array(0)] = channels;
    expect(left[1000]).toBeCloseTo(0.5, 4);
    expect(rms(left.subarray(1001, 1000 + 0.02 * RATE - 1))).toBeLessThan(1e-6);
    const tail = left.subarray(1001);
    expect(10 * Math.log10(energy(tail) / 0.25)).toBeCloseTo(-9, 1);
    // Schroeder: the energy that is still to come, 0.3 and 0.9 s into the tail, differs by 60 dB · 0.6 / 1.2.
    const toCome = (seconds: number) => 10 * Math.log10(energy(tail.subarray(Math.round((0.02 + seconds) * RATE))));
    expect(toCome(0.1) - toCome(0.7)).toBeGreaterThan(28);
    expect(toCome(0.1) - toCome(0.7)).toBeLessThan(33);
    expect(rms(left.subarray(2000, RATE).map((value, n) => value - (right[n + 2000] ?? 0)))).toBeGreaterThan(1e-4);
  });

  test("no effect cuts off inside the chain what is over full scale", async () => {
    const effects = [
      { type: "delay", time_ms: 50 },
      { type: "equaliser", bands: [{ frequency_hz: 2000, gain_db: 3 }] },
      { type: "fade", in_seconds: 0.5 },
      { type: "stereo_width", width: 1.5 },
      { type: "reverb", decay_seconds: 0.3 },
      { type: "pitch_shift", semitones: 2 },
    ];
    const stereo = [noise(RATE, 3, 0.3), noise(RATE, 4, 0.3)];
    for (const effect of effects) {
      const plain = await processed(stereo, [effect]);
      const hot = await processed(stereo, [{ type: "gain", gain_db: 40 }, effect, { type: "gain", gain_db: -40 }]);
      const difference = plain.channels[0]?.map((value, n) => value - (hot.channels[0]?.[n] ?? 0));
      expect([effect.type, rms(difference) < 1e-4 * rms(plain.channels[0])]).toEqual([effect.type, true]);
    }
  });
}

function describeTime(): void {
  test("echoes come after the delay's time and fall by the feedback", async () => {
    const click = new Float32Array(RATE);
    click[500] = 0.8;
    const { channels } = await processed([click], [{ type: "delay", time_ms: 250, feedback: 0.5, level: 0.4 }]);
    const [samples = new Float32Array(0)] = channels;
    for (let echo = 0; echo < 5; echo++) {
      const place = 500 + Math.round((echo + 1) * 0.25 * RATE);
      const near = samples.subarray(place - 2, place + 3);
      expect(Math.max(...near)).toBeCloseTo(0.8 * 0.4 * 0.5 ** echo, 4);
    }
    expect(samples[500]).toBeCloseTo(0.8, 5);
  });

  test("fades are straight lines at both ends, of the length asked for", async () => {
    const ones = new Float32Array(4 * RATE).fill(0.5);
    const { channels } = await processed([ones], [{ type: "fade", in_seconds: 1, out_seconds: 2 }]);
    const at = (seconds: number) => channels[0]?.[Math.round(seconds * RATE)];
    expect(at(0)).toBeCloseTo(0, 3);
    expect(at(0.5)).toBeCloseTo(0.25, 3);
    expect(at(1.5)).toBeCloseTo(0.5, 5);
    expect(at(3)).toBeCloseTo(0.25, 3);
    expect(channels[0]?.at(-1)).toBeCloseTo(0, 3);
  });

  test("a fade-out ends with what trim and stretch left", async () => {
    const effects = [
      { type: "trim", start_seconds: 1, end_seconds: 3 },
      { type: "time_stretch", tempo_factor: 0.5 },
      { type: "fade", out_seconds: 1 },
    ];
    const { channels } = await processed([sine(440, RATE, 4 * RATE, 0.5)], effects);
    const [samples = new Float32Array(0)] = channels;
    expect(Math.abs(samples.length - 4 * RATE)).toBeLessThan(2);
    expect(rms(samples.subarray(2 * RATE, 2.5 * RATE))).toBeCloseTo(0.5 / Math.SQRT2, 1);
    expect(rms(samples.subarray(-0.02 * RATE))).toBeLessThan(0.02);
  });

  test("trim keeps exactly the samples in between, and reverse turns them round", async () => {
    const signal = noise(2 * RATE, 7, 0.5);
    const trimmed = await processed([signal], [{ type: "trim", start_seconds: 0.5, end_seconds: 1.5 }]);
    expect(Array.from(trimmed.channels[0] ?? [])).toEqual(Array.from(signal.subarray(0.5 * RATE, 1.5 * RATE)));
    const reversed = await processed([signal], [{ type: "reverse" }]);
    expect(Array.from(reversed.channels[0] ?? [])).toEqual(Array.from(signal).reverse());
  });

  test("mono is the mean of the channels", async () => {
    const [left, right] = [noise(RATE, 1), noise(RATE, 2)];
    const { channels } = await processed([left, right], [{ type: "mono" }]);
    expect(channels.length).toBe(1);
    expect(channels[0]?.[1234]).toBeCloseTo(((left[1234] ?? 0) + (right[1234] ?? 0)) / 2, 6);
  });

  test.each([
    ["with the FFmpeg that is there", false],
    ["with an FFmpeg without librubberband", true],
  ])("stretching keeps the pitch, shifting keeps the duration, %s", async (_, simple) => {
    const own = simple ? { ...presentFfmpeg(), path: withoutRubberBand() } : presentFfmpeg();
    const signal = [sine(440, RATE, 4 * RATE, 0.5)];
    const stretched = await samplesOf((await run(signal, [{ type: "time_stretch", tempo_factor: 1.6 }], {}, own)).path);
    expect(Math.abs((stretched.channels[0]?.length ?? 0) - 2.5 * RATE)).toBeLessThan(2);
    expect(Math.abs(cents(frequencyOf(stretched.channels[0]), 440))).toBeLessThan(5);
    const shifted = await samplesOf((await run(signal, [{ type: "pitch_shift", semitones: -5 }], {}, own)).path);
    expect(Math.abs((shifted.channels[0]?.length ?? 0) / RATE - 4)).toBeLessThan(0.06);
    expect(Math.abs(cents(frequencyOf(shifted.channels[0]), 440 * 2 ** (-5 / 12)))).toBeLessThan(5);
  });
}

function describeOperation(): void {
  test("a preview is of the loudest part, or from where it is asked for", async () => {
    const signal = sine(440, RATE, 30 * RATE, 0.5).map((value, n) =>
      n > 17 * RATE && n < 22 * RATE ? value : value / 20,
    );
    const loudest = await run([signal], [{ type: "gain", gain_db: -1 }], { preview_seconds: 5 });
    const start = Number(Object(loudest.value.preview).start_seconds);
    expect(Math.abs(start - 17)).toBeLessThan(0.3);
    expect((await samplesOf(loudest.path)).channels[0]?.length).toBe(5 * RATE);
    const chosen = { preview_seconds: 5, preview_start_seconds: 28 };
    const { value, filename } = await run([signal], [{ type: "gain", gain_db: -1 }], chosen);
    expect(value.preview).toEqual({ start_seconds: 28, seconds: 2 });
    expect(filename).toBe("source (preview).wav");
  });

  test("clipping is said, and prevented when asked", async () => {
    const path = join(jobFolder(), "source.wav");
    writeFileSync(path, wavFile([noise(4 * RATE, 1, 0.5)], RATE, "pcm16"));
    const effects = [{ type: "gain", gain_db: 12 }];
    const warned = await runOperation(applyEffects, path, { effects });
    expect(warned.value).toMatchObject({
      clipping: { clips: true, turned_down_db: 0 },
      warnings: [expect.stringContaining("clips")],
    });
    const { value } = await runOperation(applyEffects, path, { effects, prevent_clipping: true });
    expect(value).toMatchObject({ clipping: { clips: false }, warnings: [] });
    const peak = Number(Object(value.after).true_peak_dbtp);
    expect(peak).toBeLessThanOrEqual(0);
    expect(peak).toBeGreaterThan(-0.4);
    expect(value.graph).toContain(`volume=volume=-${Object(value.clipping).turned_down_db}`);
  });

  test.each(EFFECT_PRESET_NAMES)("the preset %s gives sound that does not clip", async (preset) => {
    const path = join(jobFolder(), "source.wav");
    const music = noise(4 * RATE, 1, 0.4).map((value, n) => value * (0.2 + Math.abs(Math.sin(n / 15_000))));
    writeFileSync(path, wavFile([music, music.toReversed()], RATE, "pcm24"));
    const { value } = await runOperation(applyEffects, path, { preset });
    expect(value).toMatchObject({
      preset,
      clipping: { clips: false },
      output: { bit_depth: 24, sample_rate_hz: RATE },
    });
    expect(Number(Object(value.after).integrated_lufs)).toBeGreaterThan(-40);
    expect(Number(Object(value.after).true_peak_dbtp)).toBeLessThanOrEqual(-1);
  });

  test("the graph is made of filter names and numbers only", async () => {
    const presets = EFFECT_PRESET_NAMES.map((preset) => ({ preset, preview_seconds: 1 }));
    const path = join(jobFolder(), "it's [0:a]amovie=x, 100%.wav");
    writeFileSync(path, wavFile([noise(2 * RATE), noise(2 * RATE, 2)], RATE));
    expect(presets.length).toBeGreaterThan(3);
    for (const parameters of presets) {
      const { value, filename } = await runOperation(applyEffects, path, parameters);
      expect(value.graph).toMatch(/^\[0:a:0\][a-z0-9_=:.,|*+;[\]-]+\[out\]$/i);
      expect(value.graph).not.toContain("amovie");
      expect(filename).toBe("it's [0_a]amovie=x, 100% (preview).wav");
    }
  });

  test.each([
    { effects: [{ type: "gain", gain_db: "0dB,amovie=/etc/passwd" }] },
    { effects: [{ type: "gain", gain_db: Number.NaN }] },
    { effects: [{ type: "gain", gain_db: Number.POSITIVE_INFINITY }] },
    { effects: [{ type: "fade", in_seconds: 1, curve: "tri,amovie=x" }] },
    { effects: [{ type: "amovie", filename: "/etc/passwd" }] },
    { effects: [{ type: "delay", time_ms: -5 }] },
    { effects: Array.from({ length: 25 }, () => ({ type: "gain", gain_db: 0 })) },
    { preset: "../../etc/passwd" },
    { effects: [{ type: "gain", gain_db: 1 }], format: "wav,flac" },
  ])("refuses the hostile parameters %j", (parameters) => {
    expect(applyEffects.input.safeParse(parameters).success).toBe(false);
  });

  test.each([
    [[], "Give effects"],
    [[{ type: "low_pass", frequency_hz: 30_000 }], "22050"],
    [[{ type: "stereo_width", width: 2 }], "two channels"],
    [[{ type: "trim", start_seconds: 5 }], "leaves nothing"],
  ])("says what is wrong with the chain %j", async (effects, message) => {
    const failed = run([sine(440, RATE, RATE)], effects);
    await expect(failed).rejects.toMatchObject({ kind: "invalid_input", message: expect.stringContaining(message) });
  });

  test("refuses a room for six loudspeakers, and takes their mix", async () => {
    const six = Array.from({ length: 6 }, (_, channel) => noise(RATE, channel + 1, 0.1));
    const failed = run(six, [{ type: "reverb" }]);
    await expect(failed).rejects.toMatchObject({
      kind: "invalid_input",
      message: expect.stringContaining("6 channels"),
    });
    const { value } = await run(six, [{ type: "mono" }, { type: "reverb" }]);
    expect(value).toMatchObject({ output: { channels: 1 } });
  });

  test("leaves only its output in the folder", async () => {
    const folder = jobFolder();
    const path = join(jobFolder(), "source.wav");
    writeFileSync(path, wavFile([noise(RATE, 1, 0.9)], RATE));
    const effects = [{ type: "reverb" }, { type: "gain", gain_db: 12 }];
    await runOperation(applyEffects, path, { effects, prevent_clipping: true }, { folder });
    expect(readdirSync(folder)).toEqual(["processed.wav"]);
  });
}

/** Runs effects over floating-point samples, so that nothing is rounded or cut off. */
async function run(
  channels: readonly Float32Array[],
  effects: readonly object[],
  parameters: object = {},
  own = presentFfmpeg(),
): Promise<Ran> {
  const path = join(jobFolder(), "source.wav");
  writeFileSync(path, wavFile(channels, RATE, "float32"));
  return await runOperation(applyEffects, path, { effects, ...parameters }, { ffmpeg: own });
}

async function processed(channels: readonly Float32Array[], effects: readonly object[]): Promise<Decoded> {
  return await samplesOf((await run(channels, effects)).path);
}

/** A program that is FFmpeg in everything but that it denies having the filter. */
function withoutRubberBand(): string {
  const path = join(jobFolder(), "ffmpeg");
  const script = `#!/bin/sh\nif [ "$3" = "filter=rubberband" ]; then echo "Unknown filter"; exit 0; fi\nexec "${presentFfmpeg().path}" "$@"\n`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}

function energy(samples: Float32Array | undefined): number {
  return (samples ?? new Float32Array(0)).reduce((sum, value) => sum + value * value, 0);
}

function rms(samples: Float32Array | undefined): number {
  return Math.sqrt(energy(samples) / (samples?.length ?? 1));
}

/** Of a steady sine: from the mean square of the middle half. */
function amplitude(samples: Float32Array | undefined): number {
  const length = samples?.length ?? 0;
  return Math.SQRT2 * rms(samples?.subarray(length / 4, (3 * length) / 4));
}

function decibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}

function cents(hz: number, reference: number): number {
  return 1200 * Math.log2(hz / reference);
}

/** Of a sine, from the times at which it rises through zero in its middle half. */
function frequencyOf(samples: Float32Array | undefined): number {
  const y = samples ?? new Float32Array(0);
  const times: number[] = [];
  for (let n = Math.round(y.length / 4); n < (3 * y.length) / 4; n++) {
    const [before, here] = [y[n - 1] ?? 0, y[n] ?? 0];
    if (before < 0 && here >= 0) times.push(n - here / (here - before));
  }
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  return ((times.length - 1) * RATE) / (last - first);
}
