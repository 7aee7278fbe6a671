/** From a model of the library to what sherpa-onnx is told of it. */
import { availableParallelism } from "node:os";
import { AppError } from "../errors.ts";
import type { FoundModel } from "./model-library.ts";

interface Contract {
  /** The files that a manifest names. */
  readonly roles: readonly string[];
  /** @param path The path of the file with a role. @param language ISO 639-1, or null to have it detected. */
  config(path: (role: string) => string, language: string | null): object;
}

/** By the `contract` of a manifest. */
const CONTRACTS: Readonly<Record<string, Contract>> = {
  whisper: {
    roles: ["encoder", "decoder", "tokens"],
    config: (path, language) => ({
      whisper: {
        encoder: path("encoder"),
        decoder: path("decoder"),
        language: language ?? "",
        task: "transcribe",
        // Times of words need a decoder that was exported with its attention; without it this changes nothing.
        enableTokenTimestamps: 1,
        enableSegmentTimestamps: 1,
      },
    }),
  },
  transducer: transducer("transducer"),
  nemo_transducer: transducer("nemo_transducer"),
  nemo_ctc: single("nemoCtc"),
  zipformer_ctc: single("zipformerCtc"),
  paraformer: single("paraformer"),
  sense_voice: {
    roles: ["model", "tokens"],
    config: (path, language) => ({
      senseVoice: { model: path("model"), language: language ?? "", useInverseTextNormalization: 1 },
    }),
  },
  moonshine: {
    roles: ["preprocessor", "encoder", "uncached_decoder", "cached_decoder", "tokens"],
    config: (path) => ({
      moonshine: {
        preprocessor: path("preprocessor"),
        encoder: path("encoder"),
        uncachedDecoder: path("uncached_decoder"),
        cachedDecoder: path("cached_decoder"),
      },
    }),
  },
  moonshine_v2: {
    roles: ["encoder", "merged_decoder", "tokens"],
    config: (path) => ({ moonshine: { encoder: path("encoder"), mergedDecoder: path("merged_decoder") } }),
  },
};

const SAMPLE_RATE = 16_000;
const MEL_BANDS = 80;
/** As pyannote's pipeline has them: shorter turns are dropped, shorter gaps within one are closed. */
const MIN_TURN_SECONDS = 0.3;
const MIN_GAP_SECONDS = 0.5;
/** Of the cosine distance between voices, where their number is not known; sherpa-onnx's own. */
const CLUSTER_THRESHOLD = 0.5;
/** Of a window: how far it moves. The voices of all windows are compared with each other, so their number is kept down in long recordings. */
const WINDOW_SHIFT = { short: 0.1, long: 0.25 };
const LONG_SECONDS = 1800;

/** Told to an OfflineRecognizer. @throws AppError invalid_input when the manifest's contract or roles are not known. */
export function recogniserConfig(model: FoundModel, language: string | null): object {
  const { id, contract = "" } = model.manifest;
  const known = Object.hasOwn(CONTRACTS, contract) ? CONTRACTS[contract] : undefined;
  if (known === undefined) {
    const message = `The manifest of ${id} has the contract "${contract}"; known are ${Object.keys(CONTRACTS).join(", ")}. Correct it.`;
    throw new AppError("invalid_input", message);
  }
  const path = pathsOf(model, known.roles);
  return {
    featConfig: { sampleRate: SAMPLE_RATE, featureDim: MEL_BANDS },
    modelConfig: { ...known.config(path, language), tokens: path("tokens"), ...runtime() },
  };
}

/** Told to an OfflineSpeakerDiarization. @param speakers Their number, or null where it is not known. @throws AppError invalid_input. */
export function diarisationConfig(model: FoundModel, seconds: number, speakers: number | null): object {
  const path = pathsOf(model, ["segmentation", "embedding"]);
  const windowShiftRatio = seconds > LONG_SECONDS ? WINDOW_SHIFT.long : WINDOW_SHIFT.short;
  return {
    segmentation: { pyannote: { model: path("segmentation"), windowShiftRatio }, ...runtime() },
    embedding: { model: path("embedding"), ...runtime() },
    clustering: speakers === null ? { numClusters: -1, threshold: CLUSTER_THRESHOLD } : { numClusters: speakers },
    minDurationOn: MIN_TURN_SECONDS,
    minDurationOff: MIN_GAP_SECONDS,
  };
}

function runtime() {
  return { numThreads: availableParallelism(), provider: "cpu", debug: 0 };
}

function transducer(modelType: string): Contract {
  return {
    roles: ["encoder", "decoder", "joiner", "tokens"],
    config: (path) => ({
      transducer: { encoder: path("encoder"), decoder: path("decoder"), joiner: path("joiner") },
      modelType,
    }),
  };
}

function single(name: string): Contract {
  return { roles: ["model", "tokens"], config: (path) => ({ [name]: { model: path("model") } }) };
}

function pathsOf({ manifest, paths }: FoundModel, roles: readonly string[]): (role: string) => string {
  const missing = roles.filter((role) => !paths.has(role));
  if (missing.length > 0) {
    const message = `The manifest of ${manifest.id} needs files with the roles ${roles.join(", ")}; ${missing.join(", ")} are not there. Correct it.`;
    throw new AppError("invalid_input", message);
  }
  return (role) => paths.get(role) ?? "";
}
