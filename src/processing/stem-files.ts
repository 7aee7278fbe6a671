/** Writes stems to files while they are separated, and measures the finished files. */
import { closeSync, fstatSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { AudioBlock, AudioFormat } from "../audio/audio-format.ts";
import { selectDecoder } from "../audio/decoder-selection.ts";
import { openWavWriter, type WavSampleFormat, type WavWriter } from "../audio/wav-writer.ts";
import { FORMATS } from "./audio-encodings.ts";
import type { OperationContext } from "./operation.ts";
import { runFfmpegFilter, withSource } from "./run-ffmpeg-filter.ts";
import type { SeparationPass, StemName } from "./separation-engine.ts";
import { type Conversion, openConversion } from "./stem-format.ts";
import { openStemMeter, type StemMeter } from "./stem-measures.ts";
import { PATIENT_SECONDS, type StemSource } from "./stem-source.ts";

export interface StemFile {
  readonly name: StemName;
  readonly path: string;
  readonly clippedCount: number;
}

/** One stem on its way to its file: at the recording's rate and channels again, and as long. */
interface StemOutput {
  readonly name: StemName;
  readonly path: string;
  readonly writer: WavWriter;
  readonly conversion: Conversion;
  left: number;
}

/**
 * Runs one pass over the recording and writes its stems as WAV files into the context's folder.
 * @param report Takes the share of the pass that is done.
 */
export async function writeStems(
  pass: SeparationPass,
  engineFormat: AudioFormat,
  sampleFormat: WavSampleFormat,
  source: StemSource,
  context: OperationContext,
  report: (share: number) => void,
): Promise<StemFile[]> {
  const outputs: StemOutput[] = [];
  try {
    for (const name of pass.stems) {
      const path = join(context.folder, `${name}.wav`);
      const writer = await openWavWriter(path, source.format, sampleFormat);
      const conversion = openConversion(engineFormat, source.format);
      outputs.push({ name, path, writer, conversion, left: source.length });
    }
    const statistics = await source.statistics(engineFormat);
    let done = 0;
    for await (const stems of pass.separate(source.converted(engineFormat), statistics)) {
      context.signal.throwIfAborted();
      for (const [index, output] of outputs.entries()) await write(output, output.conversion.push(stems[index]));
      done += stems[0].length;
      report(done / statistics.length);
    }
    for (const output of outputs) {
      await write(output, output.conversion.end());
      await output.writer.finish();
    }
    return outputs.map(({ name, path, writer }) => ({ name, path, clippedCount: writer.clippedCount }));
  } finally {
    for (const { writer } of outputs) await writer.close();
  }
}

/** Conversion there and back may leave a sample too many. */
async function write(output: StemOutput, { channels, length }: AudioBlock): Promise<void> {
  const count = Math.min(length, output.left);
  if (count === 0) return;
  output.left -= count;
  await output.writer.write({ channels: channels.map((samples) => samples.subarray(0, count)), length: count });
}

/** Encodes a WAV file as FLAC, lossless, and removes it. @throws AppError as `runFfmpegFilter` does. */
export async function encodeFlac(path: string, bits: 16 | 24, context: OperationContext): Promise<string> {
  const { encoder, sampleFormat } = FORMATS.flac.lossless[bits] ?? { encoder: "flac", sampleFormat: "s32" };
  const outputPath = path.replace(/\.wav$/, ".flac");
  const run = {
    inputOptions: [],
    extraInputs: [],
    graph: "[0:a:0]anull[out]",
    outputArguments: [
      ...["-c:a", encoder, "-sample_fmt", sampleFormat, "-bits_per_raw_sample", String(bits)],
      ...FORMATS.flac.muxer,
    ],
    outputPath,
    expectedSeconds: null,
    encoderName: "FLAC",
  };
  const patient = { ...context, limits: { ...context.limits, maxDecodeSeconds: PATIENT_SECONDS } };
  await withSource(path, (source) => runFfmpegFilter(source, run, patient, () => {}));
  await rm(path);
  return outputPath;
}

/** Decodes finished stems in step with the recording, so that what is measured is what the files hold. */
export async function measureStems(
  paths: readonly string[],
  source: StemSource,
  context: OperationContext,
  report: (share: number) => void,
): Promise<ReturnType<StemMeter["finish"]>> {
  const meter = openStemMeter(source.format, paths.length);
  const descriptors = paths.map((path) => openSync(path, "r"));
  const readers: AsyncIterator<AudioBlock>[] = [];
  try {
    for (const [index, fd] of descriptors.entries()) {
      const file = { fd, path: paths[index], sizeBytes: fstatSync(fd).size };
      const limits = {
        ...context.limits,
        maxFileBytes: Number.POSITIVE_INFINITY,
        maxDecodeSeconds: PATIENT_SECONDS,
      };
      const { blocks } = await selectDecoder(context.ffmpeg).open(file, { limits, signal: context.signal });
      readers.push(blocks[Symbol.asyncIterator]());
    }
    let done = 0;
    for await (const mixture of source.blocks()) {
      context.signal.throwIfAborted();
      const stems: AudioBlock[] = [];
      for (const reader of readers) {
        const { value, done: isOver } = await reader.next();
        // All decoders cut a stream of one rate into the same blocks.
        if (isOver === true || value.length !== mixture.length)
          throw new Error("A stem is not as long as its mixture.");
        stems.push(value);
      }
      meter.push(mixture, stems);
      done += mixture.length;
      report(done / source.length);
    }
    return meter.finish();
  } finally {
    for (const reader of readers) await reader.return?.();
    for (const fd of descriptors) closeSync(fd);
  }
}
