/** An HTTP proxy before a real object store, which notes what is asked and can fail it. */
import { createServer, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
}

/** What becomes of a request: passed on, answered with a status or a document, left without an answer, or its connection cut. */
export type Fate = "pass" | "cut" | "hang" | number | { readonly xml: string; readonly status?: number };

export interface FlakyProxy extends AsyncDisposable {
  readonly url: string;
  /** In the order in which they came. */
  readonly asked: readonly Asked[];
  decide: (asked: Asked) => Fate;
}

/** @param target Origin of the real server. */
export async function startFlakyProxy(target: string): Promise<FlakyProxy> {
  const asked: Asked[] = [];
  const server = createServer(async (incoming, answer) => {
    const { method = "", url = "" } = incoming;
    asked.push({ method, url });
    const body = await bodyOf(incoming);
    const fate = proxy.decide({ method, url });
    if (body === null || fate === "cut") return void answer.destroy();
    if (fate === "hang") return;
    if (typeof fate === "object")
      return void answer.writeHead(fate.status ?? 200, { "content-type": "application/xml" }).end(fate.xml);
    if (typeof fate === "number") return void answer.writeHead(fate, { "content-length": "0" }).end();
    // The signature covers the host as the client knows it.
    const outgoing = request(new URL(url, target), { method, headers: incoming.headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    outgoing.on("error", () => answer.destroy());
    outgoing.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const proxy: FlakyProxy = {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    decide: () => "pass",
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

/** Null where the client went away. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer | null> {
  return buffer(incoming).catch(() => null);
}
