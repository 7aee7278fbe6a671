/** A client of the chat's WebSocket that keeps what it receives. */
import { once } from "node:events";
import { WebSocket } from "ws";

export interface ChatClient extends AsyncDisposable {
  readonly socket: WebSocket;
  readonly events: readonly Event[];
  /** The first event, from the last one that was waited for on, that fits. */
  next(type: string): Promise<Event>;
  ask(text: string): void;
  send(message: unknown): void;
  readonly closed: Promise<{ code: number; reason: string }>;
}

export interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

const WAIT_MS = 20_000;

/** Opens a chat of a server's URL; resolves when it is open or has been closed at once. */
export async function openChat(
  url: string,
  trackId: unknown,
  options: ConstructorParameters<typeof WebSocket>[2] = {},
): Promise<ChatClient> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/tracks/${trackId}/chat`, options);
  const events: Event[] = [];
  let seen = 0;
  let wake = () => {};
  socket.on("message", (data) => {
    events.push(JSON.parse(String(data)));
    wake();
  });
  const closed = once(socket, "close").then(([code, reason]) => ({ code: Number(code), reason: String(reason) }));
  await once(socket, "open");
  const next = async (type: string): Promise<Event> => {
    const until = Date.now() + WAIT_MS;
    for (;;) {
      const found = events.slice(seen).findIndex((event) => event.type === type);
      const event = events[seen + found];
      if (found >= 0 && event !== undefined) {
        seen += found + 1;
        return event;
      }
      if (Date.now() > until) throw new Error(`no ${type} among ${JSON.stringify(events.slice(seen))}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, 1000).unref();
      });
    }
  };
  const send = (message: unknown) => socket.send(typeof message === "string" ? message : JSON.stringify(message));
  return {
    socket,
    events,
    next,
    send,
    ask: (text) => send({ type: "question", text }),
    closed,
    async [Symbol.asyncDispose]() {
      socket.terminate();
      await closed;
    },
  };
}
