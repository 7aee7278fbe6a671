/** What an effect is: the wire shape of each. Numbers and words of a list only, so that no text of a user reaches FFmpeg. */
import { z } from "zod";

const frequencyHz = z.number().min(10).max(96_000);

const EQ_BAND = z.strictObject({
  shape: z.enum(["peak", "low_shelf", "high_shelf"]).default("peak"),
  frequency_hz: frequencyHz,
  gain_db: z.number().min(-40).max(40),
  q: z.number().min(0.1).max(30).default(0.71),
});

const PASS = { frequency_hz: frequencyHz, slope_db_per_octave: z.union([z.literal(12), z.literal(24)]).default(12) };

export const EFFECT = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("gain"), gain_db: z.number().min(-80).max(60) }),
  z.strictObject({ type: z.literal("equaliser"), bands: z.array(EQ_BAND).min(1).max(12) }),
  z.strictObject({ type: z.literal("high_pass"), ...PASS }),
  z.strictObject({ type: z.literal("low_pass"), ...PASS }),
  z.strictObject({
    type: z.literal("compressor"),
    threshold_db: z.number().min(-60).max(0),
    ratio: z.number().min(1).max(20),
    attack_ms: z.number().min(0.01).max(2000).default(20),
    release_ms: z.number().min(0.01).max(9000).default(250),
    knee_db: z.number().min(0).max(18).default(6),
    makeup_db: z.number().min(0).max(36).default(0),
  }),
  z.strictObject({
    type: z.literal("limiter"),
    ceiling_dbtp: z.number().min(-20).max(0).default(-1),
    release_ms: z.number().min(1).max(8000).default(50),
  }),
  z.strictObject({
    type: z.literal("reverb"),
    decay_seconds: z.number().min(0.1).max(10).default(1.5).describe("To -60 dB"),
    wet_db: z.number().min(-60).max(12).default(-12).describe("Energy against the dry sound"),
    predelay_ms: z.number().min(0).max(200).default(15),
    damping_hz: z.number().min(500).max(20_000).default(6000),
  }),
  z.strictObject({
    type: z.literal("delay"),
    time_ms: z.number().min(1).max(5000),
    feedback: z.number().min(0).max(0.95).default(0.35),
    level: z.number().min(0.001).max(1).default(0.35).describe("Amplitude of the first echo"),
  }),
  z.strictObject({
    type: z.literal("fade"),
    in_seconds: z.number().min(0).max(600).default(0),
    out_seconds: z.number().min(0).max(600).default(0),
    curve: z.enum(["linear", "quarter_sine", "half_sine", "exponential", "logarithmic"]).default("linear"),
  }),
  z.strictObject({
    type: z.literal("trim"),
    start_seconds: z.number().min(0).default(0),
    end_seconds: z.number().positive().optional(),
  }),
  z.strictObject({
    type: z.literal("time_stretch"),
    tempo_factor: z.number().min(0.25).max(4).describe("2: twice as fast, the pitch stays"),
  }),
  z.strictObject({
    type: z.literal("pitch_shift"),
    semitones: z.number().min(-24).max(24),
    keep_formants: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal("noise_gate"),
    threshold_db: z.number().min(-90).max(0),
    range_db: z.number().min(0).max(90).default(60).describe("How much quieter what is below becomes"),
    attack_ms: z.number().min(0.01).max(9000).default(5),
    release_ms: z.number().min(0.01).max(9000).default(150),
  }),
  z.strictObject({
    type: z.literal("denoise"),
    engine: z.enum(["auto", "gtcrn", "fft"]).default("auto").describe("gtcrn: a network for speech"),
    reduction_db: z.number().min(0.01).max(97).optional().describe("At most. Default: 12 by fft, all by gtcrn"),
    noise_floor_db: z.number().min(-80).max(-20).default(-50).describe("For fft"),
  }),
  z.strictObject({ type: z.literal("stereo_width"), width: z.number().min(0).max(2).describe("0: mono, 1: as it is") }),
  z.strictObject({ type: z.literal("mono") }),
  z.strictObject({ type: z.literal("reverse") }),
]);

export type Effect = z.output<typeof EFFECT>;
export type EffectType = Effect["type"];
