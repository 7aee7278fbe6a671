/** Puts tool calls together that arrive in pieces. Servers differ in how they mark which piece belongs to which call. */
import type { ChatToolCall } from "./chat.ts";

/** A piece as servers send it: loose ones leave out the index or the id, or send the arguments as an object. */
export interface ToolCallPiece {
  readonly index?: unknown;
  readonly id?: unknown;
  readonly function?: { readonly name?: unknown; readonly arguments?: unknown } | null;
}

interface PartialCall {
  readonly index: number | null;
  id: string | null;
  name: string;
  arguments: string;
}

export class ToolCallMerger {
  readonly #calls: PartialCall[] = [];

  add(piece: ToolCallPiece): void {
    const id = typeof piece.id === "string" && piece.id !== "" ? piece.id : null;
    const name = typeof piece.function?.name === "string" ? piece.function.name : "";
    const call = this.#callOf(piece, id, name);
    call.id ??= id;
    if (call.name === "") call.name = name;
    const text = piece.function?.arguments;
    if (typeof text === "string") call.arguments += text;
    else if (typeof text === "object" && text !== null) call.arguments = JSON.stringify(text);
  }

  /** The calls in the order in which they began; one without an id gets one, one without arguments an empty object. */
  calls(): ChatToolCall[] {
    return this.#calls.map(({ id, name, arguments: text }, place) => ({
      id: id ?? `call_${place}`,
      name,
      arguments: text.trim() === "" ? "{}" : text,
    }));
  }

  /** The call that a piece continues, or a new one. */
  #callOf(piece: ToolCallPiece, id: string | null, name: string): PartialCall {
    const index = typeof piece.index === "number" ? piece.index : null;
    const last = this.#calls.findLast((call) => index === null || call.index === index);
    // Some servers give every call the index 0: then another id, with a name, is another call.
    const isOther = last !== undefined && id !== null && last.id !== null && last.id !== id && name !== "";
    const byId = id === null ? undefined : this.#calls.find((call) => call.id === id);
    if (byId !== undefined) return byId;
    if (last !== undefined && !isOther && !(index === null && startsCall(name, last))) return last;
    const call = { index, id, name: "", arguments: "" };
    this.#calls.push(call);
    return call;
  }
}

/** Without an index, a name begins a call. */
function startsCall(name: string, last: PartialCall): boolean {
  return name !== "" && last.name !== "";
}
