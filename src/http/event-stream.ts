/** Events over HTTP as they come: server-sent events (HTML Living Standard, section 9.2). */

/** Proxies close what is silent for a minute. */
const HEARTBEAT_MS = 15_000;

interface TypedEvent {
  readonly type: string;
}

/**
 * Each event under its type as `event:` with itself as JSON in `data:`, comments while there is nothing to say. Events are asked for
 * only as fast as they are read. `stop` is called when the reader goes; the events must not fail.
 */
export function eventStream(events: AsyncGenerator<TypedEvent, void, undefined>, stop: () => void): Response {
  const encoder = new TextEncoder();
  let heartbeat: NodeJS.Timeout | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      heartbeat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(": still here\n\n"));
      }, HEARTBEAT_MS);
    },
    async pull(controller) {
      const { done, value } = await events.next();
      if (done !== true) {
        controller.enqueue(encoder.encode(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`));
        return;
      }
      clearInterval(heartbeat);
      controller.close();
    },
    cancel() {
      clearInterval(heartbeat);
      stop();
      events.return().catch(() => {});
    },
  });
  const headers = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" };
  return new Response(body, { headers });
}
