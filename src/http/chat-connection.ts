/** One open chat: a track's WebSocket from its first `status` to its close. */
import { WebSocket } from "ws";
import { AppError, toAppError } from "../errors.ts";
import type { QuestionEvent } from "../question/event.ts";
import { type Logger, newRequestId, withRequestId } from "../telemetry/log.ts";
import type { Services } from "../tools/tool.ts";
import { statusEvent, watchAnalysis } from "./analysis-watch.ts";
import {
  CHAT_MESSAGE,
  CLOSE,
  closeReason,
  type RefusedEvent,
  type StatusEvent,
  type ThinkingEvent,
} from "./chat-message.ts";
import { answerEvents, type QuestionRequest, questionOf, type RouterFor } from "./question-request.ts";

const MAX_MESSAGE_CHARACTERS = 64 * 1024;

/** While more than this waits for a slow reader, answers pause and progress is left out. */
const MAX_BUFFERED_BYTES = 256 * 1024;

type Track = Awaited<ReturnType<Services["library"]["get"]>>;

export interface ChatOptions {
  readonly services: Services;
  /** Lets a question in. @throws AppError unauthorised when the credential holds no longer, forbidden, rate_limited. */
  readonly admitQuestion: () => Promise<void>;
  readonly routerFor: RouterFor;
  readonly logger: Logger;
  /** Between pings. A client that answers none of two is gone. */
  readonly keepAliveMs: number;
}

export class ChatConnection {
  readonly #socket: WebSocket;
  readonly #track: Track;
  readonly #options: ChatOptions;
  readonly #closing = new AbortController();
  readonly #keepAlive: NodeJS.Timeout;
  #isAlive = true;
  #running: AbortController | null = null;

  /** Sends the status and begins to watch. */
  constructor(socket: WebSocket, track: Track, options: ChatOptions) {
    this.#socket = socket;
    this.#track = track;
    this.#options = options;
    socket.on("pong", () => {
      this.#isAlive = true;
    });
    this.#keepAlive = setInterval(() => this.#ping(), options.keepAliveMs);
    this.#send(statusEvent(track));
    watchAnalysis(options.services, track, this.#closing.signal, (event) => this.#sendIfRead(event)).then(
      (isThere) => isThere || this.#closeWithoutTrack(),
      (error) => options.logger.warn({ err: error, track: track.id }, "could not watch an analysis"),
    );
  }

  /** Takes a message. What is none gets an `error`, and the socket stays open. */
  receive(data: unknown): void {
    this.#isAlive = true;
    const message = parseMessage(data);
    if (message instanceof AppError) this.#refuse(message);
    else if (message.type === "question" && this.#running !== null) this.#refuse(busy());
    else if (message.type === "question") withRequestId(newRequestId(), () => this.#answer(message));
    else if (this.#running === null) this.#refuse(new AppError("invalid_input", "There is no question to cancel."));
    else this.#running.abort();
  }

  /** The socket has closed: all work for it stops. */
  closed(): void {
    clearInterval(this.#keepAlive);
    this.#closing.abort();
  }

  async #answer({ type: _, ...request }: QuestionRequest & { readonly type: "question" }): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    const signal = AbortSignal.any([running.signal, this.#closing.signal]);
    try {
      for await (const event of this.#events(request, signal)) {
        if (this.#closing.signal.aborted) break;
        if (event.type === "done" || event.type === "error") this.#running = null;
        await this.#send(event);
      }
    } finally {
      this.#running = null;
    }
  }

  async *#events(request: QuestionRequest, signal: AbortSignal): AsyncGenerator<QuestionEvent> {
    const { services, admitQuestion, routerFor, logger } = this.#options;
    try {
      await admitQuestion();
      if ((await services.library.find(this.#track.id)) === null) {
        this.#closeWithoutTrack();
        return;
      }
      const router = await routerFor(services);
      yield* answerEvents(router, questionOf(this.#track.id, request), signal, logger);
    } catch (error) {
      const { kind, message } = toAppError(error);
      logger[kind === "internal" ? "error" : "info"]({ err: error, kind }, "question failed");
      yield { type: "error", kind, message };
      if (kind === "unauthorised") this.#socket.close(CLOSE.unauthorised, closeReason(message));
    }
  }

  #closeWithoutTrack(): void {
    this.#socket.close(CLOSE.notFound, "The track was removed.");
  }

  #refuse({ kind, message }: AppError): void {
    this.#sendIfRead({ type: "error", kind, message, refused: true });
  }

  /** For what may be left out where nobody reads. */
  #sendIfRead(event: StatusEvent | ThinkingEvent | RefusedEvent): void {
    if (event.type === "status" || this.#socket.bufferedAmount <= MAX_BUFFERED_BYTES) this.#send(event);
  }

  /** Resolves when there is room for more. */
  async #send(event: QuestionEvent | StatusEvent | ThinkingEvent | RefusedEvent): Promise<void> {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const written = Promise.withResolvers<void>();
    this.#socket.send(JSON.stringify(event), () => written.resolve());
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) await written.promise;
  }

  #ping(): void {
    if (!this.#isAlive) {
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }
}

function parseMessage(data: unknown) {
  const expected = 'Send text: {"type":"question","text":"…"} or {"type":"cancel"}.';
  const wrong = (what: string) => new AppError("invalid_input", `${what} ${expected}`);
  if (typeof data !== "string") return wrong("This is no text.");
  if (data.length > MAX_MESSAGE_CHARACTERS) return wrong(`A message has at most ${MAX_MESSAGE_CHARACTERS} characters.`);
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return wrong("This is no JSON.");
  }
  const parsed = CHAT_MESSAGE.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join(".") || "message"}: ${message}`);
  return wrong(`This cannot be taken (${problems.join("; ")}).`);
}

function busy(): AppError {
  return new AppError("invalid_input", "A question is being answered. Wait for its end, or send cancel first.");
}
