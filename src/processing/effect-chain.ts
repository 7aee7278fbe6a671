/** A chain of effects as one graph of FFmpeg. */
import { limitError } from "../audio/decode-limits.ts";
import type { AudioLimits } from "../audio/decoder.ts";
import { AppError } from "../errors.ts";
import type { Effect } from "./effect.ts";
import { type ChainState, effectFilters } from "./effect-filters.ts";

/** There is no known room for more loudspeakers. */
const MOST_REVERB_CHANNELS = 2;

type Reverb = Extract<Effect, { type: "reverb" }>;

/** Filters in a row, or a reverb whose impulse is still to be written. */
export type ChainPart =
  | { readonly kind: "filters"; readonly filters: readonly string[] }
  | { readonly kind: "reverb"; readonly reverb: Reverb; readonly sampleRate: number; readonly channels: number };

export interface EffectChain {
  readonly parts: readonly ChainPart[];
  /** After the last effect. */
  readonly end: ChainState;
}

/** An impulse that was written, and by what FFmpeg's convolution has to be multiplied to be right. */
export interface WrittenImpulse {
  readonly path: string;
  readonly correction: number;
}

/**
 * Lays out a chain. Everything is done in double precision. @throws AppError invalid_input for effects that cannot stand where they
 * stand, and for results longer than the limit.
 */
export function layOutChain(effects: readonly Effect[], start: ChainState, limits: AudioLimits): EffectChain {
  const parts: ChainPart[] = [{ kind: "filters", filters: ["aformat=sample_fmts=dblp"] }];
  let state = start;
  for (const effect of effects) {
    if (effect.type === "reverb") {
      if (state.channels > MOST_REVERB_CHANNELS) {
        const message = `reverb takes mono and stereo; there are ${state.channels} channels at this place. Put mono before it.`;
        throw new AppError("invalid_input", message);
      }
      parts.push({ kind: "reverb", reverb: effect, sampleRate: state.sampleRate, channels: state.channels });
      state = { ...state, seconds: state.seconds + tailSeconds(effect) };
    } else {
      const { filters, after } = effectFilters(effect, state);
      if (filters.length > 0) parts.push({ kind: "filters", filters });
      state = after;
    }
    if (state.seconds <= limits.maxDurationSeconds) continue;
    const limit = `${limits.maxDurationSeconds} seconds`;
    throw limitError("What comes out would be longer than Hark takes on", limit, "HARK_MAX_DURATION_SECONDS");
  }
  return { parts, end: state };
}

/** How long a reverb sounds on after its input. */
export function tailSeconds({ decay_seconds, predelay_ms }: Reverb): number {
  return decay_seconds + predelay_ms / 1000;
}

/** The filter of a reverb, without the automatic gain, which looks at more than the impulse's height. */
export const CONVOLUTION = "afir=gtype=-1";

/** The graph's text, with the impulses in the order of the chain's reverbs as inputs 1 and on, and filters at its end. */
export function chainText(
  { parts }: EffectChain,
  impulses: readonly WrittenImpulse[],
  last: readonly string[],
): string {
  const segments: string[] = [];
  let filters: string[] = [];
  let inputs = "[0:a:0]";
  let reverbs = 0;
  for (const part of parts) {
    if (part.kind === "filters") {
      filters.push(...part.filters);
      continue;
    }
    const impulse = impulses[reverbs];
    reverbs += 1;
    segments.push(
      `${inputs}${[...filters, `apad=pad_dur=${tailSeconds(part.reverb).toFixed(6)}`].join(",")}[dry${reverbs}]`,
    );
    inputs = `[dry${reverbs}][${reverbs}:a:0]`;
    filters = [CONVOLUTION, `volume=volume=${(impulse?.correction ?? 1).toFixed(8)}:precision=double`];
  }
  segments.push(`${inputs}${[...filters, ...last].join(",")}[out]`);
  return segments.join(";");
}
