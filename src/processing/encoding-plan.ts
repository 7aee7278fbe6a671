/** From what a source is and what is asked for to what is written, with everything that changes said. */
import type { AudioProbe } from "../audio/probe.ts";
import { AppError } from "../errors.ts";
import { FORMATS, type FormatDefinition, type OutputFormat, type Quality } from "./audio-encodings.ts";

export type BitDepth = 8 | 16 | 24 | 32 | "float";

export interface EncodingRequest {
  readonly format: OutputFormat;
  readonly quality: Quality;
  readonly sampleRateHz: number | null;
  readonly bitDepth: 16 | 24 | 32 | null;
  readonly channels: number | null;
  /** Of a lossy coding: not below this, whatever the quality is; null: the quality's own. */
  readonly leastBitrateBps: number | null;
  /** Whether the samples come out of a filter in floating point, so that they are rounded anew. */
  readonly processed: boolean;
}

export interface EncodingPlan {
  readonly format: OutputFormat;
  readonly definition: FormatDefinition;
  readonly encoder: string;
  /** Name of what is needed, in messages. */
  readonly encoderName: string;
  readonly lossless: boolean;
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Null for a lossy coding. */
  readonly bitDepth: BitDepth | null;
  /** At the end of the graph; empty where the samples go through untouched. */
  readonly filters: readonly string[];
  /** Codec and muxer. */
  readonly arguments: readonly string[];
  /** What is changed or lost, in words. */
  readonly changes: readonly string[];
}

/** @throws AppError invalid_input when the format cannot hold what is asked for, whatever the source is. */
export function checkEncoding(request: EncodingRequest): void {
  const definition = FORMATS[request.format];
  const lossless = isLossless(definition, request);
  takenRates(definition, request, lossless);
  mostChannels(definition, request, lossless);
  if (lossless) takenDepths(definition, request);
}

/** @throws AppError as checkEncoding does. */
export function planEncoding(source: AudioProbe, request: EncodingRequest): EncodingPlan {
  const definition = FORMATS[request.format];
  const lossless = isLossless(definition, request);
  const changes: string[] = [];
  if (source.lossless === false && lossless) {
    changes.push(`The source is lossy (${source.codec}): a lossless copy keeps what is left and does not get better.`);
  } else if (source.lossless === false)
    changes.push(`Coded again with loss, from ${source.codec}: a little more is lost.`);
  else if (!lossless) changes.push("Coded with loss: it cannot be turned back into the exact samples.");
  const sampleRateHz = planRate(source, definition, request, lossless, changes);
  const channels = planChannels(source, definition, request, lossless, changes);
  const bitDepth = lossless ? planDepth(source, definition, request, changes) : null;
  const coder = bitDepth === null ? definition.lossy : definition.lossless[bitDepth];
  if (coder === undefined || coder === null) throw new AppError("internal", "A coding was planned that there is not.");
  return {
    format: request.format,
    definition,
    encoder: coder.encoder,
    encoderName: definition.lossy?.name ?? request.format.toUpperCase(),
    lossless,
    sampleRateHz,
    channels,
    bitDepth,
    filters: conversionFilters(source, request, sampleRateHz, channels, bitDepth),
    arguments: [...coderArguments(definition, request, sampleRateHz, channels, bitDepth), ...definition.muxer],
    changes,
  };
}

function isLossless(definition: FormatDefinition, { format, quality }: EncodingRequest): boolean {
  const canBe = Object.keys(definition.lossless).length > 0;
  if (definition.lossy === null) return true;
  if (quality === "lossless" && !canBe) {
    const message = `${format} is always lossy. For quality "lossless" choose the format flac, wav, aiff or m4a (ALAC).`;
    throw new AppError("invalid_input", message);
  }
  return quality === "lossless";
}

/** Which rates the coding has: those of a list, or where that is empty all up to the greatest. */
function takenRates({ lossy }: FormatDefinition, request: EncodingRequest, lossless: boolean) {
  const asked = request.sampleRateHz;
  const rates = lossless || lossy === null ? [] : lossy.sampleRates;
  const most = lossless || lossy === null ? 384_000 : lossy.maxSampleRate;
  const isTaken = (rate: number) => (rates.length === 0 ? rate <= most : rates.includes(rate));
  if (asked !== null && !isTaken(asked)) {
    const expected = rates.length === 0 ? `up to ${most}` : rates.join(", ");
    throw new AppError("invalid_input", `${request.format} has no sample rate of ${asked} Hz: expected ${expected}.`);
  }
  return { rates, most, isTaken };
}

function planRate(
  source: AudioProbe,
  definition: FormatDefinition,
  request: EncodingRequest,
  lossless: boolean,
  changes: string[],
): number {
  const { lossy } = definition;
  const asked = request.sampleRateHz;
  const { rates, most, isTaken } = takenRates(definition, request, lossless);
  const from = source.sampleRateHz;
  const rate = asked ?? (isTaken(from) ? from : nearestRate(from, rates, most));
  if (rate > from) {
    const why = asked === null ? ` ${lossy?.name ?? request.format} has no rate of ${from} Hz.` : "";
    changes.push(`Resampled up from ${from} to ${rate} Hz: nothing is gained.${why}`);
  } else if (rate < from)
    changes.push(`Resampled from ${from} to ${rate} Hz: nothing above ${rate / 2000} kHz is left.`);
  return rate;
}

/** A whole part of the source's rate where there is one (96 to 48 kHz), else the next above, else the highest. */
function nearestRate(from: number, rates: readonly number[], most: number): number {
  if (rates.length === 0) return most;
  const parts = rates.filter((rate) => rate <= from && rate >= 32_000 && from % rate === 0);
  return parts.at(-1) ?? rates.find((rate) => rate >= from) ?? most;
}

function mostChannels({ lossy }: FormatDefinition, request: EncodingRequest, lossless: boolean): number {
  const most = lossless || lossy === null ? 8 : lossy.maxChannels;
  const asked = request.channels;
  if (asked !== null && asked > most) {
    throw new AppError("invalid_input", `${request.format} holds at most ${most} channels; ${asked} were asked for.`);
  }
  return most;
}

function planChannels(
  source: AudioProbe,
  definition: FormatDefinition,
  request: EncodingRequest,
  lossless: boolean,
  changes: string[],
): number {
  const most = mostChannels(definition, request, lossless);
  const asked = request.channels;
  const channels = asked ?? Math.min(source.channels, most);
  const why = asked === null ? `: ${request.format} holds no more` : "";
  if (channels < source.channels) changes.push(`Mixed from ${source.channels} down to ${channels} channels${why}.`);
  if (channels > source.channels) changes.push(`Spread from ${source.channels} to ${channels} channels.`);
  return channels;
}

function takenDepths({ lossless }: FormatDefinition, request: EncodingRequest) {
  const depths = ([8, 16, 24, 32] as const).filter((bits) => lossless[bits] !== undefined);
  const asked = request.bitDepth;
  if (asked !== null && !depths.includes(asked)) {
    const expected = depths.filter((bits) => bits !== 8).join(" or ");
    throw new AppError("invalid_input", `${request.format} has no bit depth of ${asked} here: expected ${expected}.`);
  }
  return depths;
}

/** The source's own depth where the format has it; a lossy source has none and gets 16 bits. */
function planDepth(
  source: AudioProbe,
  definition: FormatDefinition,
  request: EncodingRequest,
  changes: string[],
): BitDepth {
  const { lossless } = definition;
  const depths = takenDepths(definition, request);
  const isFloat = /^pcm_f/.test(source.codec);
  const asked = request.bitDepth;
  if (isFloat && asked === null && lossless.float !== undefined) {
    if (source.bitDepth === 64) changes.push("Rounded from 64-bit to 32-bit floating point.");
    return "float";
  }
  const from = source.lossless === false || source.bitDepth === null ? null : source.bitDepth;
  const depth = asked ?? (from === null ? 16 : (depths.find((bits) => bits >= from) ?? depths.at(-1) ?? 16));
  if (from === null)
    changes.push(`Written with ${depth} bits${depth === 16 ? ", dithered" : ""}: the source has none.`);
  else if (isFloat)
    changes.push(`Rounded from ${from}-bit floating point to ${depth} bits: peaks over full scale are clipped.`);
  else if (depth > from) changes.push(`Written with ${depth} instead of ${from} bits: nothing is gained.`);
  else if (depth < from) changes.push(`Reduced from ${from} to ${depth} bits, with dither.`);
  return depth;
}

/** One resampler does rate, channels, sample format and dither; none where nothing changes, so that every bit stays. */
function conversionFilters(
  source: AudioProbe,
  { processed }: EncodingRequest,
  sampleRate: number,
  channels: number,
  bitDepth: BitDepth | null,
): string[] {
  const options: string[] = [];
  if (sampleRate !== source.sampleRateHz) options.push(`osr=${sampleRate}`, "filter_size=64");
  // Without the limit a mix of floating-point channels can exceed full scale.
  if (channels !== source.channels) options.push(`ochl=${LAYOUTS[channels - 1]}`, "rematrix_maxval=1");
  const isRounded = processed || options.length > 0 || source.lossless === false || isReduced(source, bitDepth);
  if (bitDepth !== null && bitDepth !== "float" && isRounded) {
    options.push(`osf=${bitDepth === 8 ? "u8" : bitDepth === 16 ? "s16" : "s32"}`);
    if (bitDepth === 24) options.push("output_sample_bits=24");
    if (bitDepth <= 24) options.push("dither_method=triangular");
  }
  return options.length === 0 ? [] : [`aresample=${options.join(":")}`];
}

const LAYOUTS = ["mono", "stereo", "2.1", "quad", "5.0", "5.1", "6.1", "7.1"] as const;

function isReduced(source: AudioProbe, bitDepth: BitDepth | null): boolean {
  if (bitDepth === null || bitDepth === "float") return false;
  return /^pcm_f/.test(source.codec) || (source.bitDepth ?? 0) > bitDepth;
}

function coderArguments(
  { lossless, lossy }: FormatDefinition,
  { quality, leastBitrateBps }: EncodingRequest,
  sampleRate: number,
  channels: number,
  bitDepth: BitDepth | null,
): readonly string[] {
  if (bitDepth !== null) {
    const coder = lossless[bitDepth];
    const raw = bitDepth === 24 ? ["-bits_per_raw_sample", "24"] : [];
    return ["-c:a", coder?.encoder ?? "", "-sample_fmt", coder?.sampleFormat ?? "", ...raw];
  }
  if (lossy === null) return [];
  const preset = quality === "medium" ? "medium" : "high";
  const howGood =
    leastBitrateBps === null ? lossy.preset(preset, channels) : lossy.atLeast(leastBitrateBps, sampleRate, channels);
  return ["-c:a", lossy.encoder, ...howGood];
}
