/** What the server and its speech process say to each other. */

/** What a recogniser says of a clip; times in seconds from the clip's beginning. */
export interface SpeechOutput {
  readonly text: string;
  /** As the model names it, `en`; empty where it does not say. */
  readonly language: string;
  readonly tokens: readonly string[];
  /** Of each token; empty where the model gives none. */
  readonly startsSeconds: readonly number[];
  readonly durationsSeconds: readonly number[];
  /** Natural logarithms of probabilities, of each token; empty where the model gives none. */
  readonly logProbabilities: readonly number[];
  /** Where the model parts the clip by itself (Whisper). */
  readonly segments: readonly {
    readonly text: string;
    readonly startSeconds: number;
    readonly durationSeconds: number;
  }[];
}

export interface SpeakerTurn {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** From 0. */
  readonly speaker: number;
}

export type SpeechRequest =
  | { readonly id: number; readonly type: "open"; readonly config: object }
  | { readonly id: number; readonly type: "recognise"; readonly samples: Float32Array; readonly sampleRate: number }
  | {
      readonly id: number;
      readonly type: "diarise";
      readonly config: object;
      /** Samples of float32 at the model's rate, without a header: an hour of them is too much for a message. */
      readonly samplesPath: string;
      readonly sampleRate: number;
    };

export type SpeechReply =
  | { readonly id: number; readonly type: "opened" }
  | { readonly id: number; readonly type: "recognised"; readonly output: SpeechOutput }
  | { readonly id: number; readonly type: "diarised"; readonly turns: readonly SpeakerTurn[] }
  | { readonly id: number; readonly type: "missing" }
  | { readonly id: number; readonly type: "failed"; readonly message: string };
