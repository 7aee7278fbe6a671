/** What the server and its inference process say to each other. */
import type { Scanned, Sequence, Tensor, TensorInfo } from "./inference.ts";

export type InferenceRequest =
  | { readonly id: number; readonly type: "load"; readonly paths: readonly string[]; readonly threads: number }
  | {
      readonly id: number;
      readonly type: "run";
      /** Of the networks loaded last. */
      readonly network: number;
      readonly feeds: Readonly<Record<string, Tensor>>;
      /** Names of those wanted. */
      readonly outputs: readonly string[];
    }
  | { readonly id: number; readonly type: "scan"; readonly network: number; readonly sequence: Sequence };

export interface LoadedNetwork {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly provider: string;
}

export type InferenceReply =
  | { readonly id: number; readonly type: "loaded"; readonly networks: readonly LoadedNetwork[] }
  | { readonly id: number; readonly type: "ran"; readonly tensors: Readonly<Record<string, Tensor>> }
  | ({ readonly id: number; readonly type: "scanned" } & Scanned)
  | { readonly id: number; readonly type: "missing" }
  | { readonly id: number; readonly type: "failed"; readonly message: string };
