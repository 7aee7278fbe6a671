/** Writes networks as ONNX files: as much of the format (protocol buffers, onnx.proto) as small networks need. */

export interface OnnxValue {
  readonly name: string;
  /** A text is a size that the file leaves open. */
  readonly dims: readonly (number | string)[];
  readonly type?: "float32" | "int64";
}

interface OnnxConstant {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly OnnxConstant[];
  readonly nodes: readonly OnnxNode[];
  /** What a runtime reads beside the graph. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const OPSET = 17;
const IR_VERSION = 8;
const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE = { integer: 2, integers: 7 };

/** The bytes of a file that ONNX Runtime loads. */
export function onnxFile(graph: OnnxGraph): Buffer {
  const body = message(
    ...graph.nodes.map((node) => bytes(1, nodeBytes(node))),
    text(2, "test"),
    ...graph.constants.map((constant) => bytes(5, constantBytes(constant))),
    ...graph.inputs.map((value) => bytes(11, valueBytes(value))),
    ...graph.outputs.map((value) => bytes(12, valueBytes(value))),
  );
  const metadata = Object.entries(graph.metadata ?? {}).map(([key, value]) =>
    bytes(14, message(text(1, key), text(2, value))),
  );
  return message(
    integer(1, IR_VERSION),
    bytes(7, body),
    bytes(8, message(text(1, ""), integer(2, OPSET))),
    ...metadata,
  );
}

function nodeBytes({ op, inputs, output, attributes = {} }: OnnxNode): Buffer {
  return message(
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => {
      const content =
        typeof value === "number"
          ? [integer(3, value), integer(20, ATTRIBUTE.integer)]
          : [...value.map((item) => integer(8, item)), integer(20, ATTRIBUTE.integers)];
      return bytes(5, message(text(1, name), ...content));
    }),
  );
}

function constantBytes({ name, dims, values }: OnnxConstant): Buffer {
  const type = values instanceof Float32Array ? FLOAT : INT64;
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return message(...dims.map((size) => integer(1, size)), integer(2, type), text(8, name), bytes(9, raw));
}

function valueBytes({ name, dims, type }: OnnxValue): Buffer {
  const shape = dims.map((size) => bytes(1, typeof size === "number" ? integer(1, size) : text(2, size)));
  const tensor = message(integer(1, type === "int64" ? INT64 : FLOAT), bytes(2, message(...shape)));
  return message(text(1, name), bytes(2, bytes(1, tensor)));
}

function message(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(BigInt(field << 3)), varint(BigInt.asUintN(64, BigInt(value)))]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(content.length)), content]);
}

function varint(value: bigint): Buffer {
  const result: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...result, Number(rest)]);
    result.push(Number(rest & 127n) | 128);
  }
}
