/** The chats that have begun and not ended, for a process that wants to stop. */
import type { ChatEvent } from "./chat-service.ts";

type ChatEvents = AsyncGenerator<ChatEvent, void, undefined>;

export class ChatsUnderWay {
  readonly #ends = new Set<Promise<void>>();

  /** The same events. The chat is under way from its first event that is asked for until it has cleaned up. */
  async *track(events: ChatEvents): ChatEvents {
    const end = Promise.withResolvers<void>();
    this.#ends.add(end.promise);
    try {
      yield* events;
    } finally {
      this.#ends.delete(end.promise);
      end.resolve();
    }
  }

  /** Resolves when none is under way, those that begin meanwhile included. */
  async settled(): Promise<void> {
    while (this.#ends.size > 0) await Promise.all(this.#ends);
  }
}
