/** The weights of a network as they are kept in a module: 16 bits each, base64. */
import type { ConvolutionBlock } from "../dsp/convolution-network.ts";

/** Outputs of the last layer: three are used, the others fill up a vector of the kernel. */
export const HEAD_CHANNELS = 8;

export interface PackedNetwork {
  readonly blocks: readonly {
    readonly residual: boolean;
    readonly layers: readonly {
      readonly kind: "full" | "depthwise";
      readonly inChannels: number;
      readonly outChannels: number;
      readonly taps: number;
      readonly dilation: number;
      readonly rectified: boolean;
      /** What a step of the integers is worth. */
      readonly weightScale: number;
      readonly biasScale: number;
    }[];
  }[];
  /** Little-endian int16, base64: the weights and then the bias of each layer in turn. */
  readonly values: string;
}

/** The blocks with their weights. */
export function blocksOf({ blocks, values }: PackedNetwork): ConvolutionBlock[] {
  const bytes = Uint8Array.from(atob(values), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  let used = 0;

  function take(count: number, scale: number): Float32Array {
    const taken = Float32Array.from({ length: count }, (_, n) => scale * view.getInt16(2 * (used + n), true));
    used += count;
    return taken;
  }

  return blocks.map(({ residual, layers }) => ({
    residual,
    layers: layers.map(({ weightScale, biasScale, ...layer }) => {
      const inputs = layer.kind === "full" ? layer.inChannels : 1;
      const weights = take(layer.taps * inputs * layer.outChannels, weightScale);
      return { ...layer, weights, bias: take(layer.outChannels, biasScale) };
    }),
  }));
}
