/** A chat as Hark holds it; the client turns it into what OpenAI-compatible servers take. */

/** A call of a tool as the model wrote it: `arguments` is JSON text, not yet checked. */
export interface ChatToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export type ChatMessage =
  | { readonly role: "system" | "user"; readonly content: string }
  | { readonly role: "assistant"; readonly content: string; readonly toolCalls?: readonly ChatToolCall[] }
  | { readonly role: "tool"; readonly content: string; readonly toolCallId: string };

export interface ChatTool {
  readonly name: string;
  readonly description: string;
  /** A JSON Schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What is sent to a model. */
export interface ChatPayload {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[];
}
