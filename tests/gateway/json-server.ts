/** A real HTTP server for tests that answers JSON and keeps what it was asked. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface JsonRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface JsonServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly JsonRequest[];
}

/** Answers each request with what `answer` gives: a status and a body. */
export async function jsonServer(
  answer: (request: JsonRequest) => { readonly status?: number; readonly body: unknown },
): Promise<JsonServer> {
  const requests: JsonRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const body = await text(incoming);
    const request = {
      path: incoming.url ?? "",
      headers: incoming.headers,
      body: body === "" ? null : (JSON.parse(body) as unknown),
    };
    requests.push(request);
    const { status = 200, body: answered } = answer(request);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answered));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
