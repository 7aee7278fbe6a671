/**
 * Networks of a few kilobytes in the forms that sherpa-onnx loads, whose output is known: tones are words, 400 Hz `lo`, 1000 Hz `w`,
 * 2500 Hz `high`. With manifests of their own, in folders that go with the test.
 */
import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ModelLibrary, openModelLibrary } from "../../src/models/model-library.ts";
import { hasSpeechRuntime } from "../../src/models/speech-child.ts";
import { sine } from "../fixtures/signals.ts";
import { type OnnxGraph, onnxFile } from "./onnx-file.ts";
import { newFolder } from "./small-model.ts";

export const hasSherpa = hasSpeechRuntime();
export const sherpaNote = hasSherpa ? "" : " (skipped: sherpa-onnx-node is not installed)";

/** The tone of each token. */
const TONES_HZ = { lo: 400, w: 1000, high: 2500 } as const;

const RATE = 16_000;
const BANDS = 80;
const TOKENS = ["▁lo", "w", "▁high", "<blk>"];
const BLANK = 3;
/** Natural logarithm of the power in a band: a tone of 0.3 lies far above, noise of a thousandth far below. */
const THRESHOLD = -3;

export interface TestFile {
  readonly role: string;
  readonly name: string;
  readonly content: Uint8Array | string;
}

/** Tones of half a second, one after the other, and as much silence before and after; mono, 16 kHz. */
export function tones(...names: readonly (keyof typeof TONES_HZ)[]): Float32Array {
  const half = RATE / 2;
  const signal = new Float32Array((names.length + 2) * half);
  for (const [index, name] of names.entries()) signal.set(sine(TONES_HZ[name], RATE, half, 0.3), (index + 1) * half);
  return signal;
}

/** A library over a folder with these models: each is written with a manifest whose hashes are right. */
export function speechLibrary(
  ...models: readonly { readonly manifest: object; readonly files: readonly TestFile[] }[]
): ModelLibrary {
  const folder = newFolder();
  for (const { manifest, files } of models) addModel(folder, manifest, files);
  return openModelLibrary({
    manifestFolders: [folder],
    modelsFolder: folder,
    licences: new Set(["permissive"]),
  });
}

function addModel(folder: string, manifest: object, files: readonly TestFile[]): void {
  const { id } = { id: "tiny", ...manifest };
  const described = files.map(({ role, name, content }) => {
    const path = join(folder, `${id}-${name}`);
    writeFileSync(path, content);
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    return { role, name: `${id}-${name}`, bytes: statSync(path).size, sha256, url: null };
  });
  const whole = {
    id,
    name: "Tiny",
    task: "transcribe_audio",
    engine: "sherpa",
    files: described,
    licence: { name: "MIT", scope: "permissive", note: "", source: "https://example.com/" },
    cost: { cpu_seconds_per_audio_second: null, peak_memory_bytes: null },
    quality: "none",
    ...manifest,
  };
  writeFileSync(join(folder, `${id}.json`), JSON.stringify(whole));
}

/** A NeMo CTC network. @param before Nodes that `x` goes through first, to `seen`. */
export function ctcModel(manifest: object = {}, before: Partial<OnnxGraph> = {}) {
  const bands = { lo: 10, w: 25, high: 50 };
  const graph: OnnxGraph = {
    inputs: [
      { name: "x", dims: ["N", BANDS, "T"] },
      { name: "length", dims: ["N"], type: "int64" },
    ],
    outputs: [{ name: "y", dims: ["N", "T", TOKENS.length] }],
    constants: [...pickedBands(bands), ...(before.constants ?? [])],
    nodes: [
      ...(before.nodes ?? [{ op: "Identity", inputs: ["x"], output: "seen" }]),
      { op: "Transpose", inputs: ["seen"], output: "frames", attributes: { perm: [0, 2, 1] } },
      { op: "MatMul", inputs: ["frames", "pick"], output: "picked" },
      { op: "Add", inputs: ["picked", "bias"], output: "logits" },
      { op: "LogSoftmax", inputs: ["logits"], output: "y", attributes: { axis: -1 } },
    ],
    metadata: {
      vocab_size: String(TOKENS.length),
      subsampling_factor: "1",
      normalize_type: "",
      model_type: "EncDecCTCModelBPE",
    },
  };
  return {
    manifest: { contract: "nemo_ctc", ...manifest },
    files: [
      { role: "model", name: "model.onnx", content: onnxFile(graph) },
      { role: "tokens", name: "tokens.txt", content: tokensFile(TOKENS) },
    ],
  };
}

/** A transducer of icefall: gives probabilities, and a frame of 40 ms. */
export function transducerModel(manifest: object = {}) {
  const size = TOKENS.length + 1;
  // Token 0 is blank here; the same token twice in a row is pushed down.
  const [pick, bias, again] = [new Float32Array(BANDS * size), new Float32Array(size), new Float32Array(size * size)];
  for (const [index, band] of [13, 28, 49].entries()) pick[band * size + index + 1] = 1;
  bias[0] = THRESHOLD;
  bias[size - 1] = -100;
  for (let token = 1; token < size; token++) again[token * size + token] = -100;
  const whole = (name: string, value: bigint) => ({ name, dims: [1], values: BigInt64Array.of(value) });
  const encoder: OnnxGraph = {
    inputs: [
      { name: "x", dims: ["N", "T", BANDS] },
      { name: "x_lens", dims: ["N"], type: "int64" },
    ],
    outputs: [
      { name: "encoder_out", dims: ["N", "U", size] },
      { name: "encoder_out_lens", dims: ["N"], type: "int64" },
    ],
    constants: [
      { name: "pick", dims: [BANDS, size], values: pick },
      { name: "bias", dims: [size], values: bias },
      whole("from", 0n),
      whole("to", 1_000_000n),
      whole("axis", 1n),
      whole("step", 4n),
    ],
    nodes: [
      { op: "Slice", inputs: ["x", "from", "to", "axis", "step"], output: "fourth" },
      { op: "MatMul", inputs: ["fourth", "pick"], output: "picked" },
      { op: "Add", inputs: ["picked", "bias"], output: "encoder_out" },
      { op: "Div", inputs: ["x_lens", "step"], output: "encoder_out_lens" },
    ],
    metadata: { model_type: "zipformer2" },
  };
  const decoder: OnnxGraph = {
    inputs: [{ name: "y", dims: ["N", 1], type: "int64" }],
    outputs: [{ name: "decoder_out", dims: ["N", size] }],
    constants: [{ name: "again", dims: [size, size], values: again }, whole("axis", 1n)],
    nodes: [
      { op: "Gather", inputs: ["again", "y"], output: "rows" },
      { op: "Squeeze", inputs: ["rows", "axis"], output: "decoder_out" },
    ],
    metadata: { vocab_size: String(size), context_size: "1" },
  };
  const joiner: OnnxGraph = {
    inputs: [
      { name: "encoder_out", dims: ["N", size] },
      { name: "decoder_out", dims: ["N", size] },
    ],
    outputs: [{ name: "logit", dims: ["N", size] }],
    constants: [],
    nodes: [{ op: "Add", inputs: ["encoder_out", "decoder_out"], output: "logit" }],
    metadata: { joiner_dim: String(size) },
  };
  return {
    manifest: { contract: "transducer", languages: ["en"], ...manifest },
    files: [
      { role: "encoder", name: "encoder.onnx", content: onnxFile(encoder) },
      { role: "decoder", name: "decoder.onnx", content: onnxFile(decoder) },
      { role: "joiner", name: "joiner.onnx", content: onnxFile(joiner) },
      { role: "tokens", name: "tokens.txt", content: tokensFile(["<blk>", ...TOKENS.slice(0, 3), "<unk>"]) },
    ],
  };
}

/**
 * A Whisper of one layer: it says "hello world" from 0.2 to 1 s whatever it hears, in English when low bands are the louder ones and in
 * German when high ones are. With attention, the token at place n of the decoder looks at the n-th half second.
 */
export function whisperModel(manifest: object = {}, hasAttention = false) {
  const ids = {
    hello: 0,
    world: 1,
    end: 2,
    start: 3,
    en: 4,
    de: 5,
    translate: 6,
    transcribe: 7,
    noSpeech: 8,
    noTimes: 9,
  };
  const [context, size] = [64, ids.noTimes + 1 + 1501];
  const timeToken = (seconds: number) => ids.noTimes + 1 + Math.round(seconds / 0.02);
  const spoken = new Float32Array(context * size);
  const say = (offset: number, token: number) => {
    spoken[offset * size + token] = 50;
  };
  // The prompt takes three places; with timestamps the first answer is the begin.
  [timeToken(0.2), ids.hello, ids.world, timeToken(1), ids.end].forEach((token, index) => {
    say(index === 0 ? 0 : index + 2, token);
  });
  const heard = new Float32Array(BANDS * size);
  for (let band = 0; band < BANDS; band++) heard[band * size + (band < BANDS / 2 ? ids.en : ids.de)] = 1;
  const cache = { dims: [1, 1, context, 2] };
  const encoder: OnnxGraph = {
    inputs: [{ name: "mel", dims: [1, BANDS, "T"] }],
    outputs: [
      { name: "cross_k", dims: [1, BANDS] },
      { name: "cross_v", dims: [1, BANDS] },
    ],
    constants: [],
    nodes: [
      { op: "ReduceMean", inputs: ["mel"], output: "cross_k", attributes: { axes: [2], keepdims: 0 } },
      { op: "Identity", inputs: ["cross_k"], output: "cross_v" },
    ],
    metadata: {
      model_type: "whisper-tiny",
      n_mels: String(BANDS),
      n_alignment_heads: "1",
      n_text_layer: "1",
      n_text_ctx: String(context),
      n_text_state: "2",
      n_vocab: String(size),
      sot: String(ids.start),
      eot: String(ids.end),
      blank_id: String(ids.world),
      translate: String(ids.translate),
      transcribe: String(ids.transcribe),
      is_multilingual: "1",
      no_timestamps: String(ids.noTimes),
      no_speech: String(ids.noSpeech),
      sot_sequence: `${ids.start},${ids.en},${ids.transcribe}`,
      all_language_tokens: `${ids.en},${ids.de}`,
      all_language_codes: "en,de",
    },
  };
  const decoder: OnnxGraph = {
    inputs: [
      { name: "tokens", dims: [1, "n"], type: "int64" },
      { name: "self_k", ...cache },
      { name: "self_v", ...cache },
      { name: "cross_k", dims: [1, BANDS] },
      { name: "cross_v", dims: [1, BANDS] },
      { name: "offset", dims: [1], type: "int64" },
    ],
    outputs: [
      { name: "logits", dims: [1, "n", size] },
      { name: "self_k_out", ...cache },
      { name: "self_v_out", ...cache },
    ],
    constants: [
      { name: "spoken", dims: [context, size], values: spoken },
      { name: "heard", dims: [BANDS, size], values: heard },
      { name: "none", dims: [1], values: Float32Array.of(0) },
      { name: "axis", dims: [1], values: BigInt64Array.of(2n) },
    ],
    nodes: [
      { op: "Gather", inputs: ["spoken", "offset"], output: "said" },
      { op: "MatMul", inputs: ["cross_k", "heard"], output: "language" },
      { op: "Add", inputs: ["said", "language"], output: "row" },
      { op: "Cast", inputs: ["tokens"], output: "numbers", attributes: { to: 1 } },
      { op: "Mul", inputs: ["numbers", "none"], output: "zeros" },
      { op: "Unsqueeze", inputs: ["zeros", "axis"], output: "columns" },
      { op: "Add", inputs: ["columns", "row"], output: "logits" },
      { op: "Identity", inputs: ["self_k"], output: "self_k_out" },
      { op: "Identity", inputs: ["self_v"], output: "self_v_out" },
    ],
  };
  const attention = attentionTo(context);
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return {
    manifest: { contract: "whisper", ...manifest },
    files: [
      { role: "encoder", name: "encoder.onnx", content: onnxFile(encoder) },
      { role: "decoder", name: "decoder.onnx", content: onnxFile(hasAttention ? joined(decoder, attention) : decoder) },
      { role: "tokens", name: "tokens.txt", content: tokensFile([base64("hello"), base64(" world")]) },
    ],
  };
}

/** The fourth output of a decoder: `[1][head][token][frame of 20 ms]`. */
function attentionTo(context: number) {
  const frames = 500;
  const looks = new Float32Array(context * frames).fill(1e-4);
  for (let place = 0; place < context; place++)
    looks.fill(1, place * frames + 25 * place, place * frames + 25 * place + 25);
  return {
    outputs: [{ name: "attention", dims: [1, 1, "n", frames] }],
    constants: [
      { name: "looks", dims: [context, frames], values: looks },
      { name: "first", dims: [1], values: BigInt64Array.of(0n) },
      { name: "second", dims: [1], values: BigInt64Array.of(1n) },
      { name: "outer", dims: [2], values: BigInt64Array.of(0n, 1n) },
    ],
    nodes: [
      { op: "Shape", inputs: ["tokens"], output: "shape" },
      { op: "Gather", inputs: ["shape", "second"], output: "count" },
      { op: "Add", inputs: ["offset", "count"], output: "until" },
      { op: "Slice", inputs: ["looks", "offset", "until", "first"], output: "rows" },
      { op: "Unsqueeze", inputs: ["rows", "outer"], output: "attention" },
    ],
  };
}

function joined(graph: OnnxGraph, more: Pick<OnnxGraph, "outputs" | "constants" | "nodes">): OnnxGraph {
  return {
    ...graph,
    outputs: [...graph.outputs, ...more.outputs],
    constants: [...graph.constants, ...more.constants],
    nodes: [...graph.nodes, ...more.nodes],
  };
}

/** Tells low voices from high ones, at most two in a window of 5 s. */
export function diarisationModel(manifest: object = {}) {
  const [window, hop, classes] = [80_000, 800, 7];
  // Of the mean level and the mean step from sample to sample, which grows with frequency: silence, low voice, high voice.
  const weigh = new Float32Array(2 * classes).fill(0);
  const bias = new Float32Array(classes).fill(-10);
  bias.set([0.05, 0, 0]);
  weigh.set([0, 1, 0], 0);
  weigh.set([0, -1, 1.2], classes);
  const segmentation: OnnxGraph = {
    inputs: [{ name: "x", dims: ["N", 1, "T"] }],
    outputs: [{ name: "y", dims: ["N", "frames", classes] }],
    constants: [
      { name: "difference", dims: [2, 1, 2], values: Float32Array.of(1, 0, 1, -1) },
      { name: "weigh", dims: [2, classes], values: weigh },
      { name: "bias", dims: [classes], values: bias },
    ],
    nodes: [
      { op: "Conv", inputs: ["x", "difference"], output: "both", attributes: { pads: [0, 1] } },
      { op: "Abs", inputs: ["both"], output: "sizes" },
      { op: "AveragePool", inputs: ["sizes"], output: "means", attributes: { kernel_shape: [hop], strides: [hop] } },
      { op: "Transpose", inputs: ["means"], output: "frames", attributes: { perm: [0, 2, 1] } },
      { op: "MatMul", inputs: ["frames", "weigh"], output: "weighed" },
      { op: "Add", inputs: ["weighed", "bias"], output: "y" },
    ],
    metadata: {
      sample_rate: "16000",
      window_size: String(window),
      receptive_field_size: String(hop),
      receptive_field_shift: String(hop),
      num_speakers: "3",
      powerset_max_classes: "2",
      num_classes: String(classes),
    },
  };
  // Which bands are loud.
  const embedding: OnnxGraph = {
    inputs: [{ name: "x", dims: ["N", "T", BANDS] }],
    outputs: [{ name: "y", dims: ["N", BANDS] }],
    constants: [],
    nodes: [
      { op: "ReduceMean", inputs: ["x"], output: "mean", attributes: { axes: [1], keepdims: 0 } },
      { op: "Softmax", inputs: ["mean"], output: "y", attributes: { axis: -1 } },
    ],
    metadata: {
      framework: "wespeaker",
      language: "English",
      output_dim: String(BANDS),
      sample_rate: "16000",
      normalize_samples: "1",
    },
  };
  return {
    manifest: { id: "voices", name: "Voices", engine: "diarisation", ...manifest },
    files: [
      { role: "segmentation", name: "segmentation.onnx", content: onnxFile(segmentation) },
      { role: "embedding", name: "embedding.onnx", content: onnxFile(embedding) },
    ],
  };
}

/** One row a band, one column a token: the power in the token's band; for blank, a threshold. */
function pickedBands(bands: Readonly<Record<keyof typeof TONES_HZ, number>>) {
  const pick = new Float32Array(BANDS * TOKENS.length);
  for (const [token, band] of Object.values(bands).entries()) pick[band * TOKENS.length + token] = 1;
  const bias = new Float32Array(TOKENS.length);
  bias[BLANK] = THRESHOLD;
  return [
    { name: "pick", dims: [BANDS, TOKENS.length], values: pick },
    { name: "bias", dims: [TOKENS.length], values: bias },
  ];
}

function tokensFile(tokens: readonly string[]): string {
  return tokens.map((token, index) => `${token} ${index}\n`).join("");
}
