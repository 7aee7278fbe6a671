/** As much of sherpa-onnx-node 1.13.8 as is used; the package brings no types of its own. */
declare module "sherpa-onnx-node" {
  interface Stream {
    acceptWaveform(wave: { readonly samples: Float32Array; readonly sampleRate: number }): void;
  }
  interface Recogniser {
    createStream(): Stream;
    decode(stream: Stream): void;
    getResult(stream: Stream): unknown;
  }
  interface Diarisation {
    readonly sampleRate: number;
    process(
      samples: Float32Array,
    ): readonly { readonly start: number; readonly end: number; readonly speaker: number }[];
  }
  const sherpa: {
    readonly OfflineRecognizer: new (config: object) => Recogniser;
    readonly OfflineSpeakerDiarization: new (config: object) => Diarisation;
  };
  export default sherpa;
}
