/** The impulse of a room, made of noise that dies away. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ffmpegDecoder } from "../audio/ffmpeg-decoder.ts";
import { openWavWriter } from "../audio/wav-writer.ts";
import { AppError } from "../errors.ts";
import { FLOAT_WAV } from "./audio-encodings.ts";
import { type ChainPart, CONVOLUTION, tailSeconds, type WrittenImpulse } from "./effect-chain.ts";
import type { OperationContext } from "./operation.ts";
import { runFfmpegFilter, storageError, withSource } from "./run-ffmpeg-filter.ts";

type ReverbPart = Extract<ChainPart, { kind: "reverb" }>;

/** Natural logarithm of 1000: -60 dB. */
const DECAY_TO_60_DB = Math.log(1000);

/**
 * `[channel][sample]`: the dry sound as a first sample of 1, then, after the predelay, noise that falls by 60 dB in the decay time, low-passed
 * by one pole at `damping_hz`, with the energy `wet_db` against the dry. Each channel has noise of its own, the same each time.
 * Moorer, "About this reverberation business", Computer Music Journal 3(2), 1979.
 */
function reverbImpulse({ reverb, sampleRate, channels }: ReverbPart): Float32Array[] {
  const length = Math.ceil(tailSeconds(reverb) * sampleRate) + 1;
  const start = Math.max(1, Math.round((reverb.predelay_ms / 1000) * sampleRate));
  return Array.from({ length: channels }, (_, channel) => {
    const random = generator(channel + 1);
    const keep = Math.exp((-2 * Math.PI * Math.min(reverb.damping_hz, 0.45 * sampleRate)) / sampleRate);
    const impulse = new Float32Array(length);
    let low = 0;
    let energy = 0;
    for (let n = start; n < length; n++) {
      low = keep * low + (1 - keep) * (2 * random() - 1);
      const value = low * Math.exp((-DECAY_TO_60_DB * (n - start)) / (reverb.decay_seconds * sampleRate));
      impulse[n] = value;
      energy += value * value;
    }
    const scale = energy === 0 ? 0 : Math.sqrt(10 ** (reverb.wet_db / 10) / energy);
    for (let n = start; n < length; n++) impulse[n] *= scale;
    impulse[0] = 1;
    return impulse;
  });
}

/**
 * Writes a reverb's impulse into the folder and finds out how this FFmpeg scales its convolution, which differs between versions: one sample
 * through it tells. @throws AppError as runFfmpegFilter does.
 */
export async function writeImpulse(
  part: ReverbPart,
  index: number | string,
  context: OperationContext,
): Promise<WrittenImpulse> {
  const path = join(context.folder, `impulse-${index}.wav`);
  const probePath = join(context.folder, `probe-${index}.wav`);
  const click = new Float32Array(1024);
  click[0] = 0.5;
  const clicks = Array.from({ length: part.channels }, () => click);
  try {
    await writeFloatWav(path, reverbImpulse(part), part.sampleRate);
    await writeFloatWav(probePath, clicks, part.sampleRate);
  } catch (error) {
    throw storageError(error);
  }
  const answer = join(context.folder, `answer-${index}.wav`);
  const run = {
    inputOptions: [],
    extraInputs: [path],
    graph: `[0:a:0]aformat=sample_fmts=dblp[dry1];[dry1][1:a:0]${CONVOLUTION}[out]`,
    outputArguments: FLOAT_WAV,
    outputPath: answer,
    expectedSeconds: null,
    encoderName: "WAV",
  };
  await withSource(probePath, (source) => runFfmpegFilter(source, run, context, () => {}));
  const first = await firstSample(answer, context);
  await Promise.all([probePath, answer].map((one) => rm(one, { force: true })));
  if (!(first > 0)) throw new AppError("unavailable", "This FFmpeg cannot convolve, which reverb needs. Leave it out.");
  return { path, correction: 0.5 / first };
}

async function firstSample(path: string, { ffmpeg, limits, signal }: OperationContext): Promise<number> {
  return await withSource(path, async (source) => {
    const { blocks } = await ffmpegDecoder(ffmpeg).open(source, { limits, signal });
    for await (const { channels } of blocks) return channels[0]?.[0] ?? 0;
    return 0;
  });
}

/** mulberry32: the same room each time. */
function generator(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function writeFloatWav(path: string, channels: readonly Float32Array[], sampleRate: number): Promise<void> {
  const writer = await openWavWriter(path, { sampleRate, channels: channels.length }, "float32");
  try {
    await writer.write({ channels, length: channels[0]?.length ?? 0 });
    await writer.finish();
  } finally {
    await writer.close();
  }
}
