/** A server that speaks OpenAI's `/audio/transcriptions`. */
export interface SpeechEndpoint {
  /** Up to and with `/v1`. */
  readonly url: string;
  readonly model: string;
  readonly apiKey: string | undefined;
}
