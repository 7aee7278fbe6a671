/** Each effect as filters of FFmpeg: numbers that Hark formats, and nothing else. */
import { AppError } from "../errors.ts";
import type { Effect, EffectType } from "./effect.ts";
import { OVERSHOOT_DB, truePeakLimiter } from "./true-peak-limiter.ts";

/** What the sound is where an effect stands in its chain. */
export interface ChainState {
  readonly sampleRate: number;
  readonly channels: number;
  readonly seconds: number;
  /** Whether this FFmpeg has librubberband; else simpler filters stretch and shift. */
  readonly hasRubberBand: boolean;
}

export interface EffectFilters {
  readonly filters: readonly string[];
  readonly after: ChainState;
}

type OneEffect<Type extends EffectType> = Extract<Effect, { type: Type }>;
/** A reverb is no filter of its own: it needs an impulse (effect-chain.ts). Denoising by a network is a stage before (effect-stages.ts). */
export type FilterEffect = Exclude<Effect, { type: "reverb" }>;
type FilterMakers = {
  readonly [Type in FilterEffect["type"]]: (effect: OneEffect<Type>, state: ChainState) => EffectFilters;
};

/** Echoes below -60 dB are left out. */
const LEAST_ECHO = 0.001;
const MOST_ECHOES = 60;
const DENOISE_DB = 12;
/** FFmpeg reverses in memory. */
const MOST_REVERSED_BYTES = 500e6;

const CURVES = {
  linear: "tri",
  quarter_sine: "qsin",
  half_sine: "hsin",
  exponential: "exp",
  logarithmic: "log",
} as const;

/** Its default, "crisp", shifts a steady tone by 15 cents when it stretches; "mixed" by none, with clicks as sharp. */
const RUBBER_BAND = "transients=mixed:pitchq=quality";

/** Q of the sections of a Butterworth filter of the second and fourth order. */
const BUTTERWORTH: Readonly<Record<12 | 24, readonly number[]>> = { 12: [Math.SQRT1_2], 24: [0.541196, 1.306563] };

const MAKERS: FilterMakers = {
  gain: ({ gain_db }, state) => same(state, `volume=volume=${number(gain_db)}dB:precision=double`),

  equaliser({ bands }, state) {
    const filters = bands.map(({ shape, frequency_hz, gain_db, q }) => {
      const name = { peak: "equalizer", low_shelf: "lowshelf", high_shelf: "highshelf" }[shape];
      return `${name}=f=${frequency(frequency_hz, state)}:t=q:w=${number(q)}:g=${number(gain_db)}`;
    });
    return same(state, ...filters);
  },

  high_pass: (effect, state) => same(state, ...passFilters("highpass", effect, state)),
  low_pass: (effect, state) => same(state, ...passFilters("lowpass", effect, state)),

  compressor(effect, state) {
    const options = [
      `threshold=${number(Math.max(0.000977, amplitude(effect.threshold_db)))}`,
      `ratio=${number(effect.ratio)}`,
      `attack=${number(effect.attack_ms)}`,
      `release=${number(effect.release_ms)}`,
      `knee=${number(Math.min(8, amplitude(effect.knee_db)))}`,
      `makeup=${number(amplitude(effect.makeup_db))}`,
    ];
    return same(state, `acompressor=${options.join(":")}:link=maximum:detection=rms`);
  },

  limiter: ({ ceiling_dbtp, release_ms }, state) =>
    same(state, ...truePeakLimiter(ceiling_dbtp - OVERSHOOT_DB, release_ms, state.sampleRate)),

  delay({ time_ms, feedback, level }, state) {
    const levels: number[] = [];
    for (let one = level; one >= LEAST_ECHO && levels.length < MOST_ECHOES; one *= feedback) levels.push(one);
    const delays = levels.map((_, index) => number(time_ms * (index + 1)));
    const echo = `aecho=in_gain=1:out_gain=1:delays=${delays.join("|")}:decays=${levels.map(number).join("|")}`;
    // The filter cuts off at full scale even in floating point: a power of two down and up again loses nothing.
    const filters = ["volume=volume=0.0009765625:precision=double", echo, "volume=volume=1024:precision=double"];
    return { filters, after: { ...state, seconds: state.seconds + (time_ms * levels.length) / 1000 } };
  },

  fade({ in_seconds, out_seconds, curve }, state) {
    const filters: string[] = [];
    if (in_seconds > 0) filters.push(`afade=t=in:st=0:d=${number(in_seconds)}:curve=${CURVES[curve]}`);
    if (out_seconds > 0) {
      const start = Math.max(0, state.seconds - out_seconds);
      const length = Math.min(out_seconds, state.seconds);
      filters.push(`afade=t=out:st=${number(start)}:d=${number(length)}:curve=${CURVES[curve]}`);
    }
    return same(state, ...filters);
  },

  trim({ start_seconds, end_seconds }, state) {
    const end = Math.min(end_seconds ?? state.seconds, state.seconds);
    if (start_seconds >= end) {
      const message = `The trim from ${start_seconds} s to ${end_seconds === undefined ? "the end" : `${end_seconds} s`} leaves nothing of ${state.seconds.toFixed(2)} s.`;
      throw new AppError("invalid_input", `${message} Give a start before the end, both inside of it.`);
    }
    const filters = [`atrim=start=${number(start_seconds)}:end=${number(end)}`, "asetpts=PTS-STARTPTS"];
    return { filters, after: { ...state, seconds: end - start_seconds } };
  },

  time_stretch({ tempo_factor }, state) {
    const seconds = state.seconds / tempo_factor;
    const stretched = state.hasRubberBand
      ? [`rubberband=tempo=${number(tempo_factor)}:${RUBBER_BAND}`]
      : tempoFilters(tempo_factor);
    // The end comes up to 0.06 s early.
    const exact = [`apad=whole_dur=${number(seconds)}`, `atrim=end=${number(seconds)}`];
    return { filters: [...stretched, ...exact], after: { ...state, seconds } };
  },

  pitch_shift({ semitones, keep_formants }, state) {
    const ratio = 2 ** (semitones / 12);
    if (state.hasRubberBand) {
      const formants = keep_formants ? "preserved" : "shifted";
      return same(state, `rubberband=pitch=${number(ratio)}:formant=${formants}:${RUBBER_BAND}`);
    }
    if (keep_formants) {
      const message = "keep_formants needs an FFmpeg with librubberband. Install a full build, or leave it out.";
      throw new AppError("unavailable", message);
    }
    const rate = Math.round(state.sampleRate * ratio);
    const faster = [`asetrate=${rate}`, `aresample=osr=${state.sampleRate}`];
    return same(state, ...faster, ...tempoFilters(state.sampleRate / rate));
  },

  noise_gate(effect, state) {
    const options = [
      `threshold=${number(amplitude(effect.threshold_db))}`,
      `range=${number(amplitude(-effect.range_db))}`,
      `attack=${number(effect.attack_ms)}`,
      `release=${number(effect.release_ms)}`,
    ];
    return same(state, `agate=${options.join(":")}:ratio=9000:knee=1:link=maximum:detection=rms`);
  },

  denoise({ reduction_db = DENOISE_DB, noise_floor_db }, state) {
    // The filter gives everything two hops of 1/80 s late, and drops as much at the end.
    const delay = 2 * Math.floor(state.sampleRate / 80);
    const filter = `afftdn=nr=${number(reduction_db)}:nf=${number(noise_floor_db)}`;
    return same(state, `apad=pad_len=${delay}`, filter, `atrim=start_sample=${delay}`, "asetpts=PTS-STARTPTS");
  },

  stereo_width({ width }, state) {
    if (state.channels !== 2) {
      throw new AppError(
        "invalid_input",
        `stereo_width needs two channels; there are ${state.channels} at this place.`,
      );
    }
    const [own, other] = [number((1 + width) / 2), number((1 - width) / 2)];
    return same(state, `pan=stereo|c0=${own}*c0+${other}*c1|c1=${other}*c0+${own}*c1`);
  },

  mono(_, state) {
    if (state.channels === 1) return same(state);
    const share = number(1 / state.channels);
    const mix = Array.from({ length: state.channels }, (_, channel) => `${share}*c${channel}`);
    return { filters: [`pan=mono|c0=${mix.join("+")}`], after: { ...state, channels: 1 } };
  },

  reverse(_, state) {
    const bytes = state.seconds * state.sampleRate * state.channels * 4;
    if (bytes > MOST_REVERSED_BYTES) {
      const most = Math.floor(MOST_REVERSED_BYTES / 4 / state.sampleRate / state.channels / 60);
      throw new AppError(
        "invalid_input",
        `reverse takes up to ${most} minutes at this rate. Trim the recording first.`,
      );
    }
    return same(state, "aformat=sample_fmts=fltp", "areverse");
  },
};

/** The filters of one effect where it stands. @throws AppError invalid_input when it cannot stand there. */
export function effectFilters(effect: FilterEffect, state: ChainState): EffectFilters {
  const make = MAKERS[effect.type] as (one: FilterEffect, at: ChainState) => EffectFilters;
  return make(effect, state);
}

function same(state: ChainState, ...filters: readonly string[]): EffectFilters {
  return { filters, after: state };
}

function passFilters(
  name: "highpass" | "lowpass",
  effect: OneEffect<"high_pass"> | OneEffect<"low_pass">,
  state: ChainState,
): string[] {
  const hz = frequency(effect.frequency_hz, state);
  return BUTTERWORTH[effect.slope_db_per_octave].map((q) => `${name}=f=${hz}:t=q:w=${number(q)}`);
}

/** Older atempo filters take 0.5 to 2 only. */
function tempoFilters(factor: number): string[] {
  const count = Math.max(1, Math.ceil(Math.abs(Math.log2(factor)) - 1e-9));
  return Array.from({ length: count }, () => `atempo=${number(factor ** (1 / count))}`);
}

function frequency(hz: number, { sampleRate }: ChainState): string {
  if (hz < sampleRate / 2) return number(hz);
  const message = `A frequency of ${hz} Hz is beyond what ${sampleRate} Hz can hold: expected below ${sampleRate / 2}.`;
  throw new AppError("invalid_input", message);
}

function amplitude(decibels: number): number {
  return 10 ** (decibels / 20);
}

/** Plain decimals: no exponent, no more digits than matter. */
function number(value: number): string {
  return value.toFixed(8).replace(/\.?0+$/, "");
}
